#pragma once

#include "extras.hpp"
#include "latency.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
  /// Closed loop with more than one thread: what the slowest thread did per second, divided by the
  /// mean of all. 1 = all the same.
  std::optional<double> slowest_thread_share;
  extras more;

  [[nodiscard]] double ops_per_second() const {
    return seconds > 0 ? static_cast<double>(ops) / seconds : 0;
  }
  void fail(std::string why) {
    if (failures++ == 0) first_failure = std::move(why);
  }
  /// Adds what another thread did at the same time.
  void add_parallel(const measurement& other);
  /// Adds what was done at another time. The extras are those of the later one.
  void add_later(const measurement& other);

private:
  void add_counts(const measurement& other);
};

/// Throws `std::runtime_error` if something failed while it was prepared.
void require_success(const measurement& preparation);

/// Does `work` on so many threads, which begin together: each is told its index and when that was.
/// Gives what each measured.
[[nodiscard]] std::vector<measurement> in_parallel(
    std::size_t threads, const std::function<measurement(std::size_t, time_point)>& work);

/// What threads measured at the same time, as one. In a closed loop with their fairness.
[[nodiscard]] measurement together(const std::vector<measurement>& parts, const pace& how);

/// One thread's share of a scenario.
class operation {
public:
  virtual ~operation() = default;
  /// Does `count` operations one after the other; what fails goes into `out`.
  virtual void run(std::uint64_t count, measurement& out) = 0;
};

/// How latencies are taken.
struct sampling {
  /// Closed loop: one latency in this many calls.
  std::uint64_t interval = 64;
  /// Operations per call: they start together, and their latency is the call's.
  std::uint64_t per_call = 1;
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

/// The same, asleep to the end, so that the core is free meanwhile; comes some 0.1 ms late.
void sleep_until(time_point when);

[[nodiscard]] inline double seconds_between(time_point from, time_point to) {
  return std::chrono::duration<double>(to - from).count();
}
[[nodiscard]] inline time_point later(time_point from, double seconds) {
  return from + std::chrono::round<clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace bench
