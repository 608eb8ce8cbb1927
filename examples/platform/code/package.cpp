#include "code/package.hpp"

#include "wire/digest.hpp"

#include <boost/json/parse.hpp>

#include <utility>

namespace platform::code {

namespace json = boost::json;

namespace {

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<package> package_of(const json::object& document) {
  const auto* size = document.if_contains("CodeSize");
  const auto* name = document.if_contains("CodeSha256");
  if (!size || !size->is_number() || !name || !name->is_string()) return std::nullopt;
  json::error_code problem;
  const auto bytes = size->to_number<std::uint64_t>(problem);
  auto found = wire::base64_decode({name->get_string().data(), name->get_string().size()});
  if (problem || bytes == 0 || !found || found->size() != digest_bytes) return std::nullopt;
  return package{*std::move(found), bytes};
}

std::optional<package> package_of(const std::string& document) {
  json::error_code problem;
  const auto value = json::parse(document, problem);
  if (problem || !value.is_object()) return std::nullopt;
  return package_of(value.get_object());
}

std::optional<digest> parse_digest(std::string_view text) {
  if (text.size() != 2 * digest_bytes) return std::nullopt;
  digest result;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value_of(text[i]);
    const int low = value_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    result.push_back(static_cast<char>(high * 16 + low));
  }
  return result;
}

}  // namespace platform::code
