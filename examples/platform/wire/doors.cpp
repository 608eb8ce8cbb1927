#include "wire/doors.hpp"

#include "wire/admin_session.hpp"
#include "wire/chunked_body.hpp"
#include "wire/digest.hpp"

#include <boost/beast/core/string.hpp>

#include <charconv>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace {

constexpr std::string_view hash_field = "X-Amz-Content-Sha256";
constexpr std::string_view length_field = "X-Amz-Decoded-Content-Length";
constexpr std::string_view streaming = "STREAMING-";
constexpr std::string_view signed_chunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view unsigned_chunks = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
// Room for the sizes and signatures of chunks, of which only the last may be shorter than 8 KiB,
// and for trailing fields.
constexpr std::uint64_t chunk_bytes_min = 8192;
constexpr std::uint64_t chunk_head_bytes = 128;
constexpr std::uint64_t trailer_bytes_max = 4096;

boost::beast::string_view view_of(std::string_view text) { return {text.data(), text.size()}; }

std::string_view field(const http::request_head& head, std::string_view name) {
  const auto found = head.find(view_of(name));
  if (found == head.end()) return {};
  return {found->value().data(), found->value().size()};
}

bool is_packed(const http::request_head& head) {
  return field(head, hash_field).starts_with(streaming);
}

failure bad_body(std::string message) {
  return {fault::invalid_request_content, std::move(message), {}};
}

std::optional<failure> check_admin(const http::request_head& head, const std::string& token,
                                   std::chrono::sys_seconds now) {
  constexpr std::string_view scheme = "Bearer ";
  const auto given = field(head, "Authorization");
  if (given.empty() && has_session(head, token, now)) return std::nullopt;
  // The digests are compared, so that the time does not tell the length either.
  if (boost::beast::iequals(view_of(given.substr(0, scheme.size())), view_of(scheme)) &&
      equal_secrets(sha256(given.substr(scheme.size())), sha256(token))) {
    return std::nullopt;
  }
  return failure{fault::access_denied,
                 given.empty()
                     ? "The admin token is missing: Authorization: Bearer TOKEN, or sign in at /."
                     : "The admin token is not the right one.",
                 {}};
}

tl::expected<signature_claim, failure> read_claim(const http::request_head& head,
                                                  const access_key& key, std::string_view region,
                                                  std::chrono::sys_seconds now) {
  auto claim = read_signature(head);
  if (!claim) return claim;
  if (auto wrong = check_claim(*claim, head, key, region, now)) {
    return tl::make_unexpected(*std::move(wrong));
  }
  return claim;
}

std::optional<failure> check_length(const http::request& what) {
  const auto text = field(what.base(), length_field);
  std::uint64_t length = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, length);
  if (problem == std::errc{} && rest == end && length == what.body().size()) return std::nullopt;
  return bad_body("X-Amz-Decoded-Content-Length: '" + std::string{text} +
                  "' is not the length of the body, which has " +
                  std::to_string(what.body().size()) + " bytes.");
}

// The chunks' signatures continue that of the request, with the key it was made with.
std::optional<failure> unpack(http::request& what, std::string_view key,
                              const signature_claim* claim) {
  const auto kind = field(what.base(), hash_field);
  if (kind != signed_chunks && kind != unsigned_chunks) {
    return bad_body("X-Amz-Content-Sha256: '" + std::string{kind} + "' is not supported.");
  }
  const bool checked = claim && kind == signed_chunks;
  std::string before = claim ? claim->signature : std::string{};
  auto wrong = unpack_chunks(what.body(), [&](std::string_view chunk, std::string_view signature) {
    if (!checked) return true;
    before = chunk_signature(key, *claim, before, chunk);
    return equal_secrets(signature, before);
  });
  return wrong ? wrong : check_length(what);
}

std::optional<failure> check_signature(http::request& what, const access_key& key,
                                       std::string_view region, std::chrono::sys_seconds now) {
  const auto claim = read_claim(what.base(), key, region, now);
  if (!claim) return claim.error();
  const bool packed = is_packed(what.base());
  const auto said = field(what.base(), hash_field);
  const auto hash = packed ? std::string{said} : hex_encode(sha256(what.body()));
  if (!said.empty() && said != hash) return wrong_signature();
  const auto signer = signing_key(key, *claim);
  if (!equal_secrets(claim->signature, request_signature(signer, *claim, what.base(), hash))) {
    return wrong_signature();
  }
  return packed ? unpack(what, signer, &*claim) : std::nullopt;
}

// An administrator may do what a signature allows, too: so the dashboard sends the calls of any
// client.
bool is_administrator(const http::request_head& head, const door_keys& keys,
                      std::chrono::sys_seconds now) {
  return !keys.admin_token.empty() && field(head, "Authorization").empty() &&
         has_session(head, keys.admin_token, now);
}

}  // namespace

std::uint64_t packed_bytes_max(const http::request_head& head, std::uint64_t bytes) {
  if (!is_packed(head)) return bytes;
  return bytes + (bytes / chunk_bytes_min + 2) * chunk_head_bytes + trailer_bytes_max;
}

std::optional<failure> refuse_by_head(const http::request_head& head, door which,
                                      const door_keys& keys, std::string_view region,
                                      std::chrono::sys_seconds now) {
  if (which == door::admin && !keys.admin_token.empty())
    return check_admin(head, keys.admin_token, now);
  if (which != door::signature || !keys.access) return std::nullopt;
  if (is_administrator(head, keys, now)) return std::nullopt;
  auto claim = read_claim(head, *keys.access, region, now);
  return claim ? std::nullopt : std::optional{std::move(claim.error())};
}

std::optional<failure> refuse(http::request& what, door which, const door_keys& keys,
                              std::string_view region, std::chrono::sys_seconds now) {
  if (which == door::admin && !keys.admin_token.empty()) {
    return check_admin(what.base(), keys.admin_token, now);
  }
  if (which != door::signature) return std::nullopt;
  if (keys.access && !is_administrator(what.base(), keys, now))
    return check_signature(what, *keys.access, region, now);
  return is_packed(what.base()) ? unpack(what, {}, nullptr) : std::nullopt;
}

}  // namespace platform::wire
