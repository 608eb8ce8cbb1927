#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform::code {

/// The SHA-256 of a package: its 32 bytes.
using digest = std::string;

/// Bytes of a digest.
inline constexpr std::size_t digest_bytes = 32;

/// The code of a function, as one zip archive: what it is called and how long it is.
struct package {
  digest name;
  /// In bytes; never 0.
  std::uint64_t size = 0;
};

/// The package that the document of a function names; none for an image, and for code of which no
/// byte was ever given.
[[nodiscard]] std::optional<package> package_of(const boost::json::object& document);
/// The same for a document that was not parsed yet; none if it is no document of ours.
[[nodiscard]] std::optional<package> package_of(const std::string& document);

/// The digest written as 64 digits in lower case; none if the text is anything else.
[[nodiscard]] std::optional<digest> parse_digest(std::string_view text);

}  // namespace platform::code
