#include "wire/client_context.hpp"

#include "wire/digest.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace platform::wire {

namespace json = boost::json;

namespace {

// The length of the character that begins with this byte, in UTF-8.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

// Takes the character at the front of valid UTF-8.
std::uint32_t next_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const auto length = length_of(first);
  std::uint32_t result = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i)
    result = (result << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(length);
  return result;
}

// Valid JSON has line breaks only where a blank would do, and other characters than ASCII only
// where they can be written as numbers.
std::string on_one_line(std::string_view text) {
  constexpr std::uint32_t beyond_first_plane = 0x10000;
  std::string result;
  const auto add_number = [&result](std::uint32_t unit) {
    fmt::format_to(std::back_inserter(result), "\\u{:04x}", unit);
  };
  while (!text.empty()) {
    const auto found = next_character(text);
    if (found < ' ') {
      result += ' ';
    } else if (found <= '~') {
      result += static_cast<char>(found);
    } else if (found < beyond_first_plane) {
      add_number(found);
    } else {
      add_number(0xd800 + ((found - beyond_first_plane) >> 10U));
      add_number(0xdc00 + ((found - beyond_first_plane) & 0x3ffU));
    }
  }
  return result;
}

}  // namespace

std::optional<std::string> read_client_context(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto decoded = base64_decode(text);
  if (!decoded) return std::nullopt;
  json::error_code problem;
  const auto value = json::parse(*decoded, problem);
  if (problem || !value.is_object()) return std::nullopt;
  return on_one_line(*decoded);
}

}  // namespace platform::wire
