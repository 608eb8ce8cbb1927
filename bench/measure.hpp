#pragma once

#include "latency.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// For how long, and how fast.
struct pace {
  double seconds = 5;
  /// Operations per second over all threads; latencies count from the intended start. 0 = closed
  /// loop: each thread starts the next operation when the last one has ended, and some latencies
  /// are sampled.
  double rate = 0;
};

/// What a measurement gave.
struct measurement {
  std::uint64_t ops = 0;
  std::uint64_t failures = 0;
  /// What the first failure said.
  std::string first_failure;
  double seconds = 0;
  latency_histogram latency;

  [[nodiscard]] double ops_per_second() const {
    return seconds > 0 ? static_cast<double>(ops) / seconds : 0;
  }
  void fail(std::string why) {
    if (failures++ == 0) first_failure = std::move(why);
  }
  /// Adds what another thread did at the same time.
  void add_parallel(const measurement& other);
  /// Adds what was done at another time.
  void add_later(const measurement& other);

private:
  void add_counts(const measurement& other);
};

/// One thread's share of a scenario.
class operation {
public:
  virtual ~operation() = default;
  /// Does `count` operations one after the other; what fails goes into `out`.
  virtual void run(std::uint64_t count, measurement& out) = 0;
};

/// How a closed loop takes its samples.
struct sampling {
  /// One latency in this many operations.
  std::uint64_t interval = 64;
  /// For operations much shorter than reading the clock: one sample is the mean of the whole
  /// interval.
  bool mean = false;
};

/// Gives each operation a thread and the time. Ends early when interrupted.
[[nodiscard]] measurement run_threads(const std::vector<std::unique_ptr<operation>>& work,
                                      const pace& how, sampling samples = {});

/// When the `turn`th operation of thread `index` of `threads` is to start in an open loop.
[[nodiscard]] time_point intended_start(time_point begin, std::uint64_t turn, std::size_t index,
                                        std::size_t threads, double rate);

/// Waits until `when`: asleep while it is far, awake at the end.
void wait_until(time_point when);

[[nodiscard]] inline double seconds_between(time_point from, time_point to) {
  return std::chrono::duration<double>(to - from).count();
}
[[nodiscard]] inline time_point later(time_point from, double seconds) {
  return from + std::chrono::round<clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace bench
