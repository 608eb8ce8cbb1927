#include "wire/signature.hpp"

#include "wire/digest.hpp"
#include "wire/signature_text.hpp"
#include "wire/target.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace platform::wire {

using namespace signing;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view chunk_algorithm = "AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view terminator = "aws4_request";
constexpr std::string_view service = "lambda";
constexpr std::chrono::minutes skew_max = 5min;
// Clients presign for later, so their clocks matter less.
constexpr std::chrono::minutes presigned_skew_max = 15min;
// More names than any client signs; each is looked up.
constexpr std::ptrdiff_t header_names_max = 128;

// --- checking ------------------------------------------------------------------------------------

std::string scope_problems(const signature_claim& claim, std::string_view region) {
  std::string found;
  const auto differs = [&](const std::string& is, std::string_view wanted, std::string_view text) {
    if (is != wanted) found += std::string{text} + "'" + is + "'. ";
  };
  differs(claim.region, region, "Credential should be scoped to a valid region, not ");
  if (claim.service != service) {
    found += "Credential should be scoped to correct service: '" + std::string{service} + "'. ";
  }
  differs(claim.terminator, terminator,
          "Credential should be scoped with a valid terminator: 'aws4_request', not ");
  const auto day = claim.signed_at.substr(0, 8);
  if (claim.date != day) {
    found +=
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: '" +
        claim.date + "' != '" + day + "', from '" + claim.signed_at + "'. ";
  }
  if (!found.empty()) found.pop_back();
  return found;
}

std::optional<failure> check_time(const signature_claim& claim, std::chrono::sys_seconds now) {
  const auto early_max = claim.expires ? presigned_skew_max : skew_max;
  if (claim.at > now + early_max) {
    return invalid("Signature not yet current: " + claim.signed_at + " is still later than " +
                   basic_time(now + early_max) + " (" + basic_time(now) + " + " +
                   std::to_string(early_max.count()) + " min.)");
  }
  const auto holds = claim.expires.value_or(skew_max);
  if (claim.at >= now - holds) return std::nullopt;
  const auto span = claim.expires ? std::to_string(holds.count()) + " sec.)"
                                  : std::to_string(skew_max.count()) + " min.)";
  return invalid("Signature expired: " + claim.signed_at + " is now earlier than " +
                 basic_time(now - holds) + " (" + basic_time(now) + " - " + span);
}

bool is_signed(const signature_claim& claim, std::string_view name) {
  bool found = false;
  split(claim.header_names, ';', [&](std::string_view each) { found = found || each == name; });
  return found;
}

std::optional<failure> check_header_names(const signature_claim& claim,
                                          const http::request_head& head) {
  const auto& names = claim.header_names;
  if (std::count(names.begin(), names.end(), ';') >= header_names_max) {
    return incomplete("There are more than " + std::to_string(header_names_max) +
                      " SignedHeaders.");
  }
  if (!is_signed(claim, "host")) {
    return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const auto& each : head) {
    const auto name = lower(text_of(each.name_string()));
    if (name.starts_with("x-amz-") && !is_signed(claim, name)) {
      return invalid("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.");
    }
  }
  return std::nullopt;
}

// --- the canonical request -----------------------------------------------------------------------

void append_encoded(std::string_view text, std::string_view kept, std::string& into) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' ||
                       kept.find(c) != std::string_view::npos;
    if (plain) {
      into.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      into.push_back('%');
      into.push_back(digits[byte >> 4U]);
      into.push_back(digits[byte & 15U]);
    }
  }
}

// The path without "." and "..", and without empty parts but for the last.
std::string normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  split(path, '/', [&](std::string_view part) {
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  });
  std::string result;
  for (const auto part : parts) result.append("/").append(part);
  if (result.empty() || path.ends_with('/')) result.push_back('/');
  return result;
}

std::string canonical_query(const http::request_head& head) {
  std::vector<std::string> pairs;
  const auto where = parse_target(text_of(head.target()));
  if (!where) return {};
  for (const auto& [name, value] : where->query) {
    if (name == "X-Amz-Signature") continue;
    std::string pair;
    append_encoded(name, "", pair);
    pair.push_back('=');
    append_encoded(value, "", pair);
    pairs.push_back(std::move(pair));
  }
  // By name, then by value: '=' counts as the end of a name.
  const auto split_at = [](const std::string& pair) {
    const auto equals = pair.find('=');
    return std::pair{std::string_view{pair}.substr(0, equals),
                     std::string_view{pair}.substr(equals)};
  };
  std::sort(pairs.begin(), pairs.end(),
            [&](const std::string& a, const std::string& b) { return split_at(a) < split_at(b); });
  std::string result;
  for (const auto& each : pairs) result.append(result.empty() ? "" : "&").append(each);
  return result;
}

// Trimmed, and with one blank for each run of them.
void append_value(std::string_view value, std::string& into) {
  value = trim(value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != ' ' || value[i - 1] != ' ') into.push_back(value[i]);
  }
}

void append_field(const http::request_head& head, std::string_view name, std::string& into) {
  into.append(name).push_back(':');
  const auto [begin, end] = head.equal_range(boost::beast::string_view{name.data(), name.size()});
  for (auto each = begin; each != end; ++each) {
    if (each != begin) into.push_back(',');
    append_value(text_of(each->value()), into);
  }
  into.push_back('\n');
}

}  // namespace

std::string signature_claim::scope() const {
  return date + "/" + region + "/" + service + "/" + terminator;
}

std::optional<failure> check_claim(const signature_claim& claim, const http::request_head& head,
                                   const access_key& key, std::string_view region,
                                   std::chrono::sys_seconds now) {
  if (claim.key_id != key.id || claim.has_session_token) {
    return failure{
        fault::unrecognized_client, "The security token included in the request is invalid.", {}};
  }
  if (auto found = scope_problems(claim, region); !found.empty()) return invalid(std::move(found));
  if (auto wrong = check_header_names(claim, head)) return wrong;
  return check_time(claim, now);
}

std::string signing_key(const access_key& key, const signature_claim& claim) {
  auto result = hmac_sha256("AWS4" + key.secret, claim.date);
  for (const auto& part : {claim.region, claim.service, claim.terminator}) {
    result = hmac_sha256(result, part);
  }
  return result;
}

std::string canonical_request(const http::request_head& head, const signature_claim& claim,
                              std::string_view payload_hash) {
  std::string result{text_of(head.method_string())};
  result.push_back('\n');
  append_encoded(normal_path(sent_path(text_of(head.target()))), "/", result);
  result.append("\n").append(canonical_query(head)).push_back('\n');
  split(claim.header_names, ';', [&](std::string_view name) { append_field(head, name, result); });
  result.append("\n").append(claim.header_names).append("\n").append(payload_hash);
  return result;
}

std::string request_signature(std::string_view signing_key, const signature_claim& claim,
                              const http::request_head& head, std::string_view payload_hash) {
  const auto digest = hex_encode(sha256(canonical_request(head, claim, payload_hash)));
  const auto text =
      std::string{algorithm} + "\n" + claim.signed_at + "\n" + claim.scope() + "\n" + digest;
  return hex_encode(hmac_sha256(signing_key, text));
}

std::string chunk_signature(std::string_view signing_key, const signature_claim& claim,
                            std::string_view before, std::string_view chunk) {
  const auto text = std::string{chunk_algorithm} + "\n" + claim.signed_at + "\n" + claim.scope() +
                    "\n" + std::string{before} + "\n" + hex_encode(sha256("")) + "\n" +
                    hex_encode(sha256(chunk));
  return hex_encode(hmac_sha256(signing_key, text));
}

failure wrong_signature() {
  return invalid(
      "The request signature we calculated does not match the signature you provided. Check your "
      "AWS Secret Access Key and signing method. Consult the service documentation for details.");
}

}  // namespace platform::wire
