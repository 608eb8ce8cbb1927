#include "page/markup.hpp"

#include <cstdint>
#include <cstdio>

namespace bench {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the UTF-8 sequence that `text` begins with; 0 when it is none that XML allows.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t shortest[]{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool control = code < 0xA0;
  const bool none = code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF;
  return code < shortest[length] || surrogate || control || none ? 0 : length;
}

void append_attributes(std::string& to, attributes with) {
  for (const auto& [name, value] : with) {
    to += ' ';
    to += name;
    to += "=\"" + escaped(value) + '"';
  }
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const auto part = text.substr(0, length);
    if (part.empty()) {
      out += replacement;
    } else if (part == "&") {
      out += "&amp;";
    } else if (part == "<") {
      out += "&lt;";
    } else if (part == ">") {
      out += "&gt;";
    } else if (part == "\"") {
      out += "&quot;";
    } else if (part == "'") {
      out += "&#39;";
    } else {
      out += part;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string element(std::string_view name, attributes with, std::string_view inner) {
  std::string out{"<"};
  out += name;
  append_attributes(out, with);
  out += '>';
  out += inner;
  out += "</";
  out += name;
  return out + '>';
}

std::string leaf(std::string_view name, attributes with) {
  std::string out{"<"};
  out += name;
  append_attributes(out, with);
  return out + "/>";
}

std::string percent(double share) { return formatted("%.2f%%", share * 100); }

std::string pixels(double value) { return formatted("%.1f", value); }

}  // namespace bench
