#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform::wire {

/// What a request asks for: the parts of its target.
struct target {
  /// The path, undecoded and without the slash at its end: "/2015-03-31/functions/a%3Ab".
  std::string path;
  /// The parts of the path, decoded.
  std::vector<std::string> segments;
  /// The parameters, decoded, in their order.
  std::vector<std::pair<std::string, std::string>> query;

  /// The first parameter of that name; null when there is none.
  [[nodiscard]] const std::string* parameter(std::string_view name) const noexcept;
  /// Whether the query has "name=value"; "" asks for nothing.
  [[nodiscard]] bool has(std::string_view name_and_value) const noexcept;
};

/// Whether the path is of this form: "/functions/*/aliases", where '*' is any one part that is not
/// empty. `use` gets those parts one by one, also when the rest of the path does not fit.
template <class Use>
[[nodiscard]] bool fits(std::string_view pattern, const target& where, Use use) {
  for (const auto& segment : where.segments) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);
    const auto part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(part.size());
    if (part == "*" ? segment.empty() : part != segment) return false;
    if (part == "*") use(segment);
  }
  return pattern.empty();
}

/// Splits and decodes a target, in origin or absolute form; a slash at the end does not count.
/// Nothing if it is neither, or if an escape ('%41') is broken.
[[nodiscard]] std::optional<target> parse_target(std::string_view text);

/// The path of a target as it was sent, undecoded: with the slash at its end, if it has one.
[[nodiscard]] std::string_view sent_path(std::string_view text) noexcept;

/// Replaces each '%41' by its byte; nothing if one is broken.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// A whole number without a sign, as parameters have it; nothing if it is anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace platform::wire
