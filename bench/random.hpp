#pragma once

#include <cstdint>

namespace bench {

/// SplitMix64: a few instructions per number, the same numbers for the same seed everywhere.
class random_numbers {
public:
  /// Streams of one seed are independent of each other.
  explicit random_numbers(std::uint64_t seed, std::uint64_t stream = 0) noexcept
      : state_{seed * 0x9E3779B97F4A7C15 + stream * 0xD1342543DE82EF95} {
    next();
  }

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound); `bound` at least 1 and below 2^32.
  std::uint64_t below(std::uint64_t bound) noexcept { return ((next() >> 32) * bound) >> 32; }

private:
  std::uint64_t state_;
};

}  // namespace bench
