#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// The bytes of a text in base 64 with padding; nothing if it is not.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
/// The bytes in base 64 with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Each byte as two digits, in lower case.
[[nodiscard]] std::string hex_encode(std::string_view bytes);
/// The 32 bytes of the SHA-256 digest.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// The 32 bytes of the HMAC with SHA-256.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
/// Compares two texts in a time that does not tell where they differ; it may tell their lengths.
[[nodiscard]] bool equal_secrets(std::string_view given, std::string_view wanted);
/// 32 digits that nobody can guess.
[[nodiscard]] std::string random_token();
/// A random UUID in lower case (version 4).
[[nodiscard]] std::string random_uuid();

}  // namespace platform::wire
