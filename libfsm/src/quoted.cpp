#include <fsm/quoted.hpp>

#include <cstddef>

namespace fsm {

namespace {

constexpr std::string_view hex = "0123456789abcdef";

[[nodiscard]] int digit(char c) noexcept {
  const auto at = hex.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result{'"'};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += "\\x";
      result += hex[byte >> 4U];
      result += hex[byte & 0xFU];
    } else {
      result += c;
    }
  }
  result += '"';
  return result;
}

bool take_quoted(std::string_view& rest, std::string& into) {
  if (!rest.starts_with('"')) return false;
  std::string text;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      into = std::move(text);
      return true;
    }
    if (rest[i] != '\\') {
      text += rest[i];
      continue;
    }
    if (++i == rest.size()) return false;
    const bool is_hex =
        rest[i] == 'x' && i + 2 < rest.size() && digit(rest[i + 1]) >= 0 && digit(rest[i + 2]) >= 0;
    if (is_hex) {
      text += static_cast<char>(digit(rest[i + 1]) * 16 + digit(rest[i + 2]));
      i += 2;
    } else {
      text += rest[i] == 'n' ? '\n' : rest[i];
    }
  }
  return false;
}

}  // namespace fsm
