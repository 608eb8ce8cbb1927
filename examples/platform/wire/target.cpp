#include "wire/target.hpp"

#include <charconv>
#include <cstddef>

namespace platform::wire {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Calls `use` with the parts of `text` between the separators; false as soon as one call is.
template <class Use>
bool split(std::string_view text, char separator, Use use) {
  for (;;) {
    const auto end = text.find(separator);
    if (!use(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool add_parameter(std::string_view text, target& into) {
  if (text.empty()) return true;
  const auto equals = text.find('=');
  auto name = percent_decode(text.substr(0, equals));
  auto value = percent_decode(equals == std::string_view::npos ? std::string_view{}
                                                               : text.substr(equals + 1));
  if (!name || !value) return false;
  into.query.emplace_back(*std::move(name), *std::move(value));
  return true;
}

// An absolute target ("http://host/path") without its scheme and authority.
std::string_view origin_form(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const auto slash = text.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view{"/"} : text.substr(slash);
  }
  return text;
}

}  // namespace

std::string_view sent_path(std::string_view text) noexcept {
  return origin_form(text).substr(0, origin_form(text).find_first_of("?#"));
}

const std::string* target::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

bool target::has(std::string_view name_and_value) const noexcept {
  if (name_and_value.empty()) return true;
  const auto equals = name_and_value.find('=');
  const auto* found = parameter(name_and_value.substr(0, equals));
  return found && *found == name_and_value.substr(equals + 1);
}

std::optional<target> parse_target(std::string_view text) {
  text = origin_form(text);
  if (!text.starts_with('/')) return std::nullopt;
  text = text.substr(0, text.find('#'));
  const auto question = text.find('?');
  auto path = text.substr(0, question);
  if (path.size() > 2 && path.ends_with('/')) path.remove_suffix(1);
  target result{.path = std::string{path}, .segments = {}, .query = {}};
  const bool path_is_good = split(path.substr(1), '/', [&](std::string_view part) {
    auto decoded = percent_decode(part);
    if (decoded) result.segments.push_back(*std::move(decoded));
    return decoded.has_value();
  });
  const auto query =
      question == std::string_view::npos ? std::string_view{} : text.substr(question + 1);
  const bool query_is_good =
      split(query, '&', [&](std::string_view part) { return add_parameter(part, result); });
  if (!path_is_good || !query_is_good) return std::nullopt;
  return result;
}

std::optional<std::string> percent_decode(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string{text};
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    result.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return result;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || rest != end) return std::nullopt;
  return number;
}

}  // namespace platform::wire
