#include "wire/bad_start.hpp"

#include "wire/digest.hpp"

namespace platform::wire {

namespace {

constexpr std::size_t token_length_max = 256;
constexpr std::string_view values =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool starts_word(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

bool is_in_word(unsigned char c) { return starts_word(c) || (c >= '0' && c <= '9'); }

// A byte that begins no character of UTF-8.
bool begins_nothing(unsigned char c) { return (c >= 0x80 && c < 0xC0) || c >= 0xF8; }

std::optional<bad_start> unexpected_character(unsigned char c, std::size_t read) {
  const auto code = "code " + std::to_string(c);
  std::string shown;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
    shown = "(CTRL-CHAR, " + code + ")";
  } else if (c < 0x7F) {
    shown = "'" + std::string(1, static_cast<char>(c)) + "' (" + code + ")";
  } else {
    return std::nullopt;
  }
  return bad_start{
      "Unexpected character (" + shown + "): expected a valid value " + std::string{values}, read};
}

}  // namespace

std::optional<bad_start> find_bad_start(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return std::nullopt;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (!starts_word(at(start))) {
    constexpr std::string_view starts_of_values = "{[\"-0123456789";
    const bool good = starts_of_values.find(text[start]) != std::string_view::npos;
    return good ? std::nullopt : unexpected_character(at(start), start);
  }
  auto end = start;
  while (end < text.size() && is_in_word(at(end))) ++end;
  auto word = std::string{text.substr(start, end - start)};
  if (word == "true" || word == "false" || word == "null") return std::nullopt;
  if (end < text.size() && at(end) >= 0x80) {
    if (!begins_nothing(at(end))) return std::nullopt;
    return bad_start{"Invalid UTF-8 start byte 0x" + hex_encode(text.substr(end, 1)), end + 1};
  }
  if (word.size() > token_length_max) word = word.substr(0, token_length_max) + "...";
  return bad_start{"Unrecognized token '" + word + "': was expecting " + std::string{values}, end};
}

}  // namespace platform::wire
