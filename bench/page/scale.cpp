#include "page/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace bench {
namespace {

/// Within what a double holds, with room for the rounding to powers of ten.
constexpr double smallest = 1e-300;
constexpr double largest = 1e300;

double within_bounds(double value) {
  if (std::isnan(value)) return smallest;
  return std::clamp(value, smallest, largest);
}

/// 1, 2 or 5 times a power of ten.
struct round_number {
  int exponent;
  int step;  ///< 0, 1, 2.

  [[nodiscard]] double value() const {
    constexpr std::array steps{1.0, 2.0, 5.0};
    return steps[static_cast<std::size_t>(step)] * std::pow(10.0, exponent);
  }
  [[nodiscard]] round_number next() const {
    return step == 2 ? round_number{exponent + 1, 0} : round_number{exponent, step + 1};
  }
};

// Numbers that are round but for the last bits of a double count as round.
constexpr double slack = 1e-9;

/// The highest one that is not above `value`.
round_number round_below(double value) {
  round_number found{static_cast<int>(std::floor(std::log10(value) + slack)), 0};
  while (found.next().value() <= value * (1 + slack)) found = found.next();
  return found;
}

round_number round_above(double value) {
  auto found = round_below(value);
  if (found.value() < value * (1 - slack)) found = found.next();
  return found;
}

std::vector<double> round_numbers(round_number first, double last) {
  std::vector<double> values;
  for (auto each = first; each.value() <= last * (1 + slack); each = each.next()) {
    values.push_back(each.value());
  }
  return values;
}

/// Powers of ten, or every second, third, ... of them.
std::vector<double> powers_of_ten(double begin, double end, int stride) {
  std::vector<double> values;
  const int first = static_cast<int>(std::ceil(std::log10(begin) - slack));
  const int last = static_cast<int>(std::floor(std::log10(end) + slack));
  for (int i = first; i <= last; i += stride) values.push_back(std::pow(10.0, i));
  return values;
}

}  // namespace

scale::scale(double begin, double end, bool logarithmic, std::vector<double> ticks)
    : begin_{begin}, end_{end}, logarithmic_{logarithmic}, ticks_{std::move(ticks)} {}

scale scale::linear(double highest, std::size_t ticks) {
  highest = highest > 0 ? within_bounds(highest) : 1;
  const double step =
      round_above(within_bounds(highest / static_cast<double>(std::max<std::size_t>(ticks, 1))))
          .value();
  const double count = std::max(1.0, std::ceil(highest / step - slack));
  std::vector<double> values;
  for (double i = 0; i <= count; ++i) values.push_back(i * step);
  return {0, count * step, false, std::move(values)};
}

scale scale::logarithmic(double lowest, double highest, std::size_t ticks) {
  if (!(highest > 0)) highest = 1;
  if (!(lowest > 0)) lowest = highest;
  const auto first = round_below(within_bounds(std::min(lowest, highest)));
  auto last = round_above(within_bounds(std::max(lowest, highest)));
  if (last.value() <= first.value()) last = first.next();
  const double begin = first.value();
  const double end = last.value();
  auto values = round_numbers(first, end);
  for (int stride = 1; values.size() > std::max<std::size_t>(ticks, 2); ++stride) {
    values = powers_of_ten(begin, end, stride);
  }
  if (values.size() < 2) {
    values.insert(values.begin(), begin);
    if (values.back() < end) values.push_back(end);
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  return {begin, end, true, std::move(values)};
}

double scale::at(double value) const noexcept {
  if (std::isnan(value)) return 0;
  if (!logarithmic_) return std::clamp((value - begin_) / (end_ - begin_), 0.0, 1.0);
  if (value <= begin_) return 0;
  if (value >= end_) return 1;
  const double begin = std::log(begin_);
  return std::clamp((std::log(value) - begin) / (std::log(end_) - begin), 0.0, 1.0);
}

}  // namespace bench
