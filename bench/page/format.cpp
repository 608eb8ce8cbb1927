#include "page/format.hpp"

#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

/// A value between 1 and 1000, if there is a prefix for it, and that prefix.
struct scaled {
  double value;
  const char* prefix;
};

/// Rounding comes first, so that 999.7 k is 1.00 M and not 1000 k.
double to_three_digits(double value) {
  value = std::min(value, 1e300);  // Units and rounding must not take it beyond a double.
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 2);
  return std::round(value / unit) * unit;
}

/// Whether there is something to say; less than a billionth is nothing.
bool is_positive(double value) { return std::isfinite(value) && value >= 1e-9; }

std::string three_digits(double value) {
  const double rounded = to_three_digits(value);
  const int digits = 2 - static_cast<int>(std::floor(std::log10(rounded) + 1e-9));
  char text[64];
  if (rounded >= 1e6) {  // Beyond every prefix.
    std::snprintf(text, sizeof text, "%.2e", rounded);
  } else {
    std::snprintf(text, sizeof text, "%.*f", std::clamp(digits, 0, 11), rounded);
  }
  return text;
}

std::string without_needless_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

scaled by_thousands(double value) {
  constexpr std::array prefixes{"", " k", " M", " G", " T"};
  std::size_t step = 0;
  value = to_three_digits(value);
  // The half keeps what is 1000 but for the last bit of a double from being 1000.
  while (value >= 999.5 && step + 1 < prefixes.size()) {
    value /= 1000;
    ++step;
  }
  return {value, prefixes[step]};
}

scaled time_unit(double microseconds) {
  const double nanoseconds = to_three_digits(microseconds * 1e3);
  if (nanoseconds < 999.5) return {nanoseconds, " ns"};
  if (nanoseconds < 999.5e3) return {nanoseconds / 1e3, " µs"};
  if (nanoseconds < 999.5e6) return {nanoseconds / 1e6, " ms"};
  return {nanoseconds / 1e9, " s"};
}

}  // namespace

std::string with_prefix(double value) {
  if (!is_positive(value)) return "0";
  const auto [number, prefix] = by_thousands(value);
  return three_digits(number) + prefix;
}

std::string count_text(double value) {
  if (!is_positive(value)) return "0";
  const auto [number, prefix] = by_thousands(value);
  return without_needless_zeros(three_digits(number)) + prefix;
}

std::string rate_text(double per_second) {
  const auto text = with_prefix(per_second);
  return text + "/s";
}

std::string duration_text(double microseconds) {
  if (!is_positive(microseconds)) return "0";
  const auto [number, unit] = time_unit(microseconds);
  return three_digits(number) + unit;
}

std::string round_duration_text(double microseconds) {
  if (!is_positive(microseconds)) return "0";
  const auto [number, unit] = time_unit(microseconds);
  return without_needless_zeros(three_digits(number)) + unit;
}

std::string bytes_text(double bytes) {
  if (!is_positive(bytes)) return "0 B";
  return with_commas(std::min(bytes, 1e18)) + " B";
}

std::string ratio_text(double ratio) {
  if (!is_positive(ratio)) return "0";
  return three_digits(ratio);
}

}  // namespace bench
