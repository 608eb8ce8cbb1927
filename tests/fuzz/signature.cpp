#include "wire/signature.hpp"

#include "fuzz.hpp"
#include "wire/digest.hpp"
#include "wire/doors.hpp"

#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <optional>
#include <string>

// The head is anything that Beast reads. Who does not sign does not come in; who signs with the key
// does; and a signature is worth nothing for another body, target or key.

namespace fsm::fuzz {

namespace {

namespace http = platform::http;
namespace wire = platform::wire;
using namespace std::chrono_literals;

const wire::door_keys keys{.access = wire::access_key{"AKIDEXAMPLE", "secret"}, .admin_token = {}};
constexpr std::chrono::sys_seconds now =
    std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 12h;
constexpr std::string_view region = "us-east-1";
constexpr const char* date = "20260101T120000Z";

std::optional<http::request> read_request(std::string_view text) {
  http::proto::request_parser<http::proto::string_body> parser;
  parser.eager(true);
  parser.header_limit(16 * 1024);
  boost::beast::error_code problem;
  parser.put(boost::asio::buffer(text.data(), text.size()), problem);
  if (!parser.is_header_done()) return std::nullopt;
  return parser.release();
}

std::string lower(boost::beast::string_view text) {
  std::string result{text.data(), text.size()};
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// Signs as a client does: the Host and every field of X-Amz.
void sign(http::request& what) {
  what.erase("Authorization");
  what.erase("X-Amz-Security-Token");
  what.set("X-Amz-Date", date);
  if (what.count("Host") == 0) what.set("Host", "localhost");
  std::string names = "host";
  for (const auto& field : what) {
    const auto name = lower(field.name_string());
    if (name.starts_with("x-amz-") && (";" + names + ";").find(";" + name + ";") == names.npos)
      names += ";" + name;
  }
  const auto authorization = [&names](const std::string& signature) {
    return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/lambda/aws4_request, "
           "SignedHeaders=" +
           names + ", Signature=" + signature;
  };
  what.set("Authorization", authorization(std::string(64, '0')));
  const auto claim = wire::read_signature(what.base());
  check(claim.has_value(), "a complete signature is read");
  const auto hash = wire::hex_encode(wire::sha256(what.body()));
  what.set("Authorization",
           authorization(wire::request_signature(wire::signing_key(*keys.access, *claim), *claim,
                                                 what.base(), hash)));
}

bool is_refused(http::request what, const wire::door_keys& with = keys) {
  return wire::refuse(what, wire::door::signature, with, region, now).has_value();
}

/// An honest client's request, about anything.
void check_signed(http::request what) {
  what.erase("X-Amz-Content-Sha256");  // Another body's, or a word for none.
  if (what.count("X-Amz-Date") > 1 || what.count("Host") > 1) return;
  sign(what);
  // More fields than a signature may name.
  if (std::distance(what.begin(), what.end()) > 100) return;
  check(!is_refused(what), "a right signature opens the door");
  auto other = what;
  other.body() += 'x';
  check(is_refused(other), "the signature of another body does not");
  other = what;
  other.method_string(lower(what.method_string()) == "get" ? "PUT" : "GET");
  check(is_refused(other), "nor that of another method");
  other = what;
  other.set("X-Amz-Date", "20260101T120001Z");
  check(is_refused(other), "nor that of another time");
  auto others = keys;
  others.access->secret += 'x';
  check(is_refused(what, others), "nor that of another key");
}

}  // namespace

void signature(std::string_view input) {
  auto what = read_request(input);
  if (!what) return;
  const auto claim = wire::read_signature(what->base());
  if (claim) {
    check(!claim->signature.empty() && !claim->header_names.empty(), "a claim is complete");
    static_cast<void>(wire::check_claim(*claim, what->base(), *keys.access, region, now));
    static_cast<void>(wire::canonical_request(what->base(), *claim, "hash"));
  } else {
    check(!claim.error().message.empty(), "a refusal says why");
  }
  const bool early =
      wire::refuse_by_head(what->base(), wire::door::signature, keys, region, now).has_value();
  check(!early || is_refused(*what), "what the head rules out does not come in");
  // Nobody guesses 64 digits.
  check(is_refused(*what), "who does not sign does not come in");
  check_signed(*std::move(what));
}

}  // namespace fsm::fuzz
