#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// Why a text is no JSON from its first character on.
struct bad_start {
  /// In the words of the service.
  std::string detail;
  /// How many bytes the service has read when it says so.
  std::size_t read = 0;
};

/// What is wrong with the start of a text. Nothing when it begins as JSON may, or with a character
/// of which it is not known what the service says.
[[nodiscard]] std::optional<bad_start> find_bad_start(std::string_view text);

}  // namespace platform::wire
