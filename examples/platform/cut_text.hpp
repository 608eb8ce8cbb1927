#pragma once

#include <cstddef>
#include <string_view>

namespace platform {

/// The start of a UTF-8 text, of at most `bytes_max` bytes, that ends behind a whole character.
[[nodiscard]] constexpr std::string_view cut_text(std::string_view text,
                                                  std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
  };
  while (bytes_max > 0 && continues(bytes_max)) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace platform
