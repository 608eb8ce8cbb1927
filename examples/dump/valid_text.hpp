#pragma once

#include <string>
#include <string_view>

namespace dump {

/// Whether `text` is UTF-8 as JSON wants it: no surrogates, nothing overlong, nothing beyond
/// U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` with U+FFFD for every byte that does not belong to UTF-8.
[[nodiscard]] std::string valid_text(std::string_view text);

}  // namespace dump
