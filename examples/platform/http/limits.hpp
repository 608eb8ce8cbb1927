#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace platform::http {

/// What one client may ask of the server.
struct limits {
  /// Connections at once. A further one takes the place of one that is silent between requests, if
  /// there is one; else it is answered 503 and closed.
  std::size_t connections_max = 16'384;
  /// How long that must have been silent.
  std::chrono::milliseconds yields_after = std::chrono::seconds{1};
  /// Bytes of a request line with its header fields.
  std::uint32_t head_bytes_max = 32 * 1024;
  /// Time a connection may stay silent between requests.
  std::chrono::milliseconds idle = std::chrono::minutes{5};
  /// Time from the first byte of a request to the end of its head.
  std::chrono::milliseconds head_time = std::chrono::seconds{10};
  /// Time for a body, or for an answer, whatever its size ...
  std::chrono::milliseconds body_time = std::chrono::seconds{20};
  /// ... and for each of its bytes: whoever is slower than this is cut off.
  std::uint64_t bytes_per_second_min = std::uint64_t{32} * 1024;
  /// After a request that was not read to its end: bytes taken from it before the connection is
  /// closed, so that the client reads the answer instead of being told that its connection broke.
  std::uint64_t drain_bytes_max = std::uint64_t{128} * 1024 * 1024;
};

}  // namespace platform::http
