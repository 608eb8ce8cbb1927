#pragma once

#include "wire/errors.hpp"

#include <boost/beast/core/string_type.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

/// \file
/// What reading a signature and checking it have in common.

namespace platform::wire::signing {

inline constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

inline std::string_view text_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

inline std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

inline std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// Calls `use` with the parts of `text` between the separators.
template <class Use>
void split(std::string_view text, char separator, Use use) {
  for (;;) {
    const auto end = text.find(separator);
    use(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

inline failure incomplete(std::string message) {
  return {fault::incomplete_signature, std::move(message), {}};
}

inline failure invalid(std::string message) {
  return {fault::invalid_signature, std::move(message), {}};
}

/// "20260101T000000Z"
inline std::string basic_time(std::chrono::sys_seconds at) {
  // system_clock counts nanoseconds, which end in the year 2262.
  const std::time_t seconds = at.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

}  // namespace platform::wire::signing
