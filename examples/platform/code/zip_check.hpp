#pragma once

#include <cstdint>
#include <string_view>

namespace platform::code {

/// Bytes that the files of an archive may have together.
inline constexpr std::uint64_t unzipped_bytes_max = 262'144'000;

enum class zip_verdict : std::uint8_t {
  good,
  broken,     ///< No zip archive, a damaged or encrypted one, or one that writes outside of itself.
  too_large,  ///< Its files have more than `unzipped_bytes_max` bytes.
};

/// Looks an archive over without unpacking anything: its directory, and where that says its files
/// are. What the directory says of sizes is believed; whoever unpacks must count.
[[nodiscard]] zip_verdict check_zip(std::string_view bytes);

}  // namespace platform::code
