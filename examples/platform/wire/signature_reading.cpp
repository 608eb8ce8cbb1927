#include "wire/digest.hpp"
#include "wire/signature.hpp"
#include "wire/signature_text.hpp"
#include "wire/target.hpp"

#include <charconv>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

// Reads the signature of a request, wherever it is. What it says is not believed yet.

namespace platform::wire {

using namespace signing;

namespace {

constexpr std::chrono::seconds expires_max = std::chrono::days{7};

std::string_view field(const http::request_head& head, std::string_view name) {
  const auto found = head.find(boost::beast::string_view{name.data(), name.size()});
  return found == head.end() ? std::string_view{} : text_of(found->value());
}

// --- times ---------------------------------------------------------------------------------------

std::optional<std::chrono::sys_seconds> read_time(const std::string& text, const char* format) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), format, &parts);
  if (!rest || *rest != '\0') return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{timegm(&parts)}};
}

// "20260101T000000Z", or the form of HTTP.
std::optional<std::chrono::sys_seconds> read_time(const std::string& text) {
  constexpr std::size_t basic_size = 16;
  if (text.size() == basic_size) return read_time(text, "%Y%m%dT%H%M%SZ");
  return read_time(text, "%a, %d %b %Y %H:%M:%S GMT");
}

bool set_time(std::string_view text, signature_claim& into) {
  const auto at = read_time(std::string{trim(text)});
  if (!at) return false;
  into.at = *at;
  into.signed_at = basic_time(*at);
  return true;
}

failure no_time(std::string_view text) {
  return incomplete("Date must be in ISO-8601 'basic format'. Got '" + std::string{text} +
                    "'. See http://en.wikipedia.org/wiki/ISO_8601");
}

// --- reading -------------------------------------------------------------------------------------

// KEY/DATE/REGION/SERVICE/aws4_request
bool set_credential(std::string_view text, signature_claim& into) {
  std::vector<std::string_view> parts;
  split(text, '/', [&](std::string_view part) { parts.push_back(part); });
  if (parts.size() != 5) return false;
  into.key_id = parts[0];
  into.date = parts[1];
  into.region = parts[2];
  into.service = parts[3];
  into.terminator = parts[4];
  return true;
}

failure bad_credential(std::string_view text) {
  return incomplete(
      "Credential must have exactly 5 slash-delimited elements, e.g. "
      "keyid/date/region/service/term, got '" +
      std::string{text} + "'");
}

// What the parameters of the Authorization field say; views into it.
struct authorization {
  std::string_view credential;
  std::string_view header_names;
  std::string_view signature;
};

tl::expected<authorization, failure> read_authorization(std::string_view value) {
  authorization result;
  const auto digest =
      "(hashed with SHA-256 and encoded with Base64): '" + base64_encode(sha256(value)) + "'.";
  std::optional<failure> wrong;
  split(value.substr(algorithm.size()), ',', [&](std::string_view part) {
    part = trim(part);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) {
      if (!part.empty() && !wrong) {
        wrong = incomplete(
            "A part is not a valid key=value pair (missing equal-sign) in "
            "Authorization header " +
            digest);
      }
      return;
    }
    const auto name = part.substr(0, equals);
    if (name == "Credential") result.credential = part.substr(equals + 1);
    if (name == "SignedHeaders") result.header_names = part.substr(equals + 1);
    if (name == "Signature") result.signature = part.substr(equals + 1);
  });
  if (wrong) return tl::make_unexpected(*std::move(wrong));
  return result;
}

tl::expected<signature_claim, failure> read_from_field(const http::request_head& head,
                                                       std::string_view value) {
  const auto given = read_authorization(value);
  if (!given) return tl::make_unexpected(given.error());
  const auto own_date = field(head, "X-Amz-Date");
  const auto date = own_date.empty() ? field(head, "Date") : own_date;
  std::string missing;
  for (const auto& [name, found] :
       {std::pair{"Credential", given->credential}, std::pair{"Signature", given->signature},
        std::pair{"SignedHeaders", given->header_names}}) {
    if (found.empty()) {
      missing += "Authorization header requires '" + std::string{name} + "' parameter. ";
    }
  }
  if (date.empty()) {
    missing +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (!missing.empty()) {
    return tl::make_unexpected(
        incomplete(missing + "(Hashed with SHA-256 and encoded with Base64) Authorization=" +
                   base64_encode(sha256(value))));
  }
  signature_claim result;
  if (!set_credential(given->credential, result)) {
    return tl::make_unexpected(bad_credential(given->credential));
  }
  if (!set_time(date, result)) return tl::make_unexpected(no_time(date));
  result.header_names = lower(given->header_names);
  result.signature = given->signature;
  result.has_session_token = !field(head, "X-Amz-Security-Token").empty();
  return result;
}

tl::expected<signature_claim, failure> read_from_query(const target& where) {
  std::string missing;
  const auto take = [&](const char* name) {
    const auto* value = where.parameter(name);
    if (value && !value->empty()) return std::string_view{*value};
    missing += "AWS query-string parameters must include '" + std::string{name} + "'. ";
    return std::string_view{};
  };
  const auto credential = take("X-Amz-Credential");
  const auto signature = take("X-Amz-Signature");
  const auto header_names = take("X-Amz-SignedHeaders");
  const auto date = take("X-Amz-Date");
  const auto expires = take("X-Amz-Expires");
  if (!missing.empty()) {
    return tl::make_unexpected(incomplete(missing + "Re-examine the query-string parameters."));
  }
  signature_claim result;
  if (!set_credential(credential, result)) return tl::make_unexpected(bad_credential(credential));
  if (!set_time(date, result)) return tl::make_unexpected(no_time(date));
  std::int64_t seconds = 0;
  const auto* end = expires.data() + expires.size();
  const auto [rest, problem] = std::from_chars(expires.data(), end, seconds);
  if (problem != std::errc{} || rest != end || seconds < 1 || seconds > expires_max.count()) {
    return tl::make_unexpected(
        incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800."));
  }
  result.expires = std::chrono::seconds{seconds};
  result.header_names = lower(header_names);
  result.signature = signature;
  result.has_session_token = where.parameter("X-Amz-Security-Token") != nullptr;
  return result;
}

}  // namespace

tl::expected<signature_claim, failure> read_signature(const http::request_head& head) {
  if (head.count(http::proto::field::authorization) > 1) {
    return tl::make_unexpected(incomplete("The request has more than one Authorization header."));
  }
  const auto value = trim(field(head, "Authorization"));
  if (value.starts_with(algorithm) && value.substr(algorithm.size()).starts_with(' ')) {
    return read_from_field(head, value);
  }
  if (value.starts_with("AWS4-")) {
    return tl::make_unexpected(incomplete("Unsupported AWS 'algorithm': '" +
                                          std::string{value.substr(0, value.find(' '))} + "'."));
  }
  const auto where = parse_target(text_of(head.target()));
  const auto* wanted = where ? where->parameter("X-Amz-Algorithm") : nullptr;
  if (!wanted) {
    return tl::make_unexpected(
        failure{fault::missing_authentication_token, "Missing Authentication Token", {}});
  }
  if (*wanted != algorithm) {
    return tl::make_unexpected(incomplete("Unsupported AWS 'algorithm': '" + *wanted + "'."));
  }
  return read_from_query(*where);
}

}  // namespace platform::wire
