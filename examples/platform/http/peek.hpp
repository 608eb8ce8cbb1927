#pragma once

#include <cstdint>

namespace platform::http {

/// What is to be read from a socket just now.
enum class peeked : std::uint8_t { nothing, bytes, end };

/// Looks without waiting, and takes nothing; a connection that was reset has ended. For whoever was
/// woken up because a socket can be read: that happens without a reason, too.
[[nodiscard]] peeked peek(int socket) noexcept;

}  // namespace platform::http
