#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace platform {

/// Quantiles of spans of the last 30 to 60 seconds: two histograms, of which the older one is
/// forgotten every half a minute. A quantile is off by at most 3.2 %; memory is fixed. Not
/// thread-safe.
class latency_window {
public:
  using milliseconds = std::chrono::milliseconds;
  using time_point = std::chrono::steady_clock::time_point;

  struct quantiles {
    std::uint64_t count = 0;
    /// Without meaning when `count` is 0.
    double p50 = 0, p90 = 0, p99 = 0, max = 0;
  };

  void add(milliseconds span, time_point now);
  [[nodiscard]] quantiles read(time_point now);

private:
  static constexpr std::chrono::seconds half{30};
  // 16 buckets per power of two, up to some 49 days.
  static constexpr std::size_t steps = 16;
  static constexpr std::size_t buckets = steps * 29;
  struct histogram {
    std::array<std::uint32_t, buckets> counts{};
    std::uint64_t count = 0;
    std::int64_t max = 0;
  };

  [[nodiscard]] static std::size_t bucket_of(std::int64_t span) noexcept;
  [[nodiscard]] static double middle_of(std::size_t bucket) noexcept;
  void turn(time_point now);

  std::array<histogram, 2> halves_{};
  time_point turned_{};
};

}  // namespace platform
