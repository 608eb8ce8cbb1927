#include "fuzz.hpp"
#include "wire/arns.hpp"
#include "wire/digest.hpp"
#include "wire/target.hpp"
#include <fsm/quoted.hpp>

#include <algorithm>
#include <string>

// Texts of requests: their targets, escapes, ARNs and base 64. What is accepted has its parts where
// they were; what is encoded is decoded.

namespace fsm::fuzz {

namespace {

namespace wire = platform::wire;

void check_target(std::string_view text) {
  const auto where = wire::parse_target(text);
  if (!where) return;
  check(where->path.starts_with('/'), "a path starts at the root");
  check(!where->segments.empty(), "a path has segments");
  const auto parts =
      static_cast<std::size_t>(std::count(where->path.begin() + 1, where->path.end(), '/'));
  check(where->segments.size() == parts + 1, "there is a segment behind each slash");
  for (const auto& [name, value] : where->query) {
    check(where->parameter(name) != nullptr, "a parameter is found by its name");
  }
  if (where->path.ends_with('/')) return;  // Of several slashes at the end only one does not count.
  const auto again = wire::parse_target(where->path);
  check(again && again->segments == where->segments, "a path is read as it was");
}

void check_escapes(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    escaped.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  const auto plain = wire::percent_decode(escaped);
  check(plain && *plain == text, "what is escaped is decoded");
  const auto decoded = wire::percent_decode(text);
  if (decoded) check(decoded->size() <= text.size(), "decoding makes nothing longer");
}

void check_base64(std::string_view text) {
  const auto encoded = wire::base64_encode(text);
  const auto plain = wire::base64_decode(encoded);
  check(plain && *plain == text, "what is encoded is decoded");
  const auto decoded = wire::base64_decode(text);
  if (decoded) check(decoded->size() <= text.size(), "decoding makes nothing longer");
}

void check_arn(std::string_view text) {
  const auto service = wire::service_of(text);
  const auto account = wire::account_of(text);
  if (!wire::is_arn(text)) return;
  check(text.starts_with("arn:aws"), "an ARN starts as one");
  check(!service.empty(), "an ARN has a service");
  check(account.empty() || wire::is_account(account), "its account is one");
}

}  // namespace

void wire_texts(std::string_view input) {
  check_target(input);
  check_escapes(input);
  check_base64(input);
  check_arn(input);
  const auto shown = fsm::quoted(input);
  check(std::none_of(shown.begin(), shown.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
        "a quoted text stays on its line");
  std::string_view rest = shown;
  std::string back;
  check(fsm::take_quoted(rest, back) && rest.empty() && back == input, "it is read back");
}

}  // namespace fsm::fuzz
