#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace bench {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using nanoseconds = std::chrono::duration<double, std::nano>;

/// Latencies in logarithmic bins: 100 per decade (2.3 % apart) from 10 ps to 100 s. Not
/// thread-safe: one per thread, merged at the end.
class latency_histogram {
public:
  latency_histogram();
  latency_histogram(latency_histogram&&) noexcept;
  latency_histogram& operator=(latency_histogram&&) noexcept;
  ~latency_histogram();

  void add(nanoseconds took) { add(took, 1); }
  /// So many operations that took the same.
  void add(nanoseconds took, std::uint64_t operations);
  void merge(const latency_histogram& other);

  [[nodiscard]] std::uint64_t count() const;
  /// The latency that a share of `q` (0 to 1) of the operations did not exceed, in microseconds; 0
  /// when empty.
  [[nodiscard]] double quantile_us(double q) const;
  /// The longest one, exactly.
  [[nodiscard]] double max_us() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bench
