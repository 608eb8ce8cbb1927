#pragma once

#include "http/message.hpp"
#include "wire/errors.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Signatures of requests: AWS Signature Version 4, in the Authorization field or in the query.
/// Pure functions: the time is an argument.

namespace platform::wire {

/// What a client signs with.
struct access_key {
  std::string id;
  std::string secret;
};

/// A signature as it came with a request: read, but not yet believed.
struct signature_claim {
  std::string key_id;
  std::string date;  ///< "20260101", of the scope.
  std::string region;
  std::string service;
  std::string terminator;
  std::string signed_at;  ///< "20260101T000000Z"
  std::chrono::sys_seconds at;
  std::string header_names;  ///< In lower case, with ';' between them.
  std::string signature;     ///< 64 digits.
  /// Temporary credentials were used, of which there are none here.
  bool has_session_token = false;
  /// How long it holds, if it came in the query.
  std::optional<std::chrono::seconds> expires;

  /// "20260101/us-east-1/lambda/aws4_request"
  [[nodiscard]] std::string scope() const;
};

/// The signature of a request. An error if there is none, or only parts of one.
[[nodiscard]] tl::expected<signature_claim, failure> read_signature(const http::request_head& head);

/// What is wrong with a signature, whatever was signed: its key, its scope, its time, and the
/// header fields it leaves out. Nothing if only the signature itself remains to be compared.
[[nodiscard]] std::optional<failure> check_claim(const signature_claim& claim,
                                                 const http::request_head& head,
                                                 const access_key& key, std::string_view region,
                                                 std::chrono::sys_seconds now);

/// The key that signs within a scope; its bytes.
[[nodiscard]] std::string signing_key(const access_key& key, const signature_claim& claim);

/// What a signature is about, as one text.
[[nodiscard]] std::string canonical_request(const http::request_head& head,
                                            const signature_claim& claim,
                                            std::string_view payload_hash);

/// The signature, in digits, that the request ought to have. `payload_hash` is the digest of its
/// body in digits, or the word that stands for it.
[[nodiscard]] std::string request_signature(std::string_view signing_key,
                                            const signature_claim& claim,
                                            const http::request_head& head,
                                            std::string_view payload_hash);

/// The signature of one chunk of a body, which continues the one before.
[[nodiscard]] std::string chunk_signature(std::string_view signing_key,
                                          const signature_claim& claim, std::string_view before,
                                          std::string_view chunk);

/// The error for a signature that is not the right one.
[[nodiscard]] failure wrong_signature();

}  // namespace platform::wire
