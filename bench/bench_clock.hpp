#pragma once

#include <fsm/clock.hpp>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace bench {

/// A clock that runs by itself, at a multiple of real time, and can be moved forward at once. Not a
/// manual one: the runtime pays for it what it pays for the machine's clock.
class bench_clock final : public fsm::clock {
public:
  /// Starts at 2026-01-01T00:00:00Z.
  explicit bench_clock(double factor = 1);
  ~bench_clock() override;

  [[nodiscard]] fsm::timestamp now() const noexcept override;
  /// Behind `now` by at most a few milliseconds of real time, times the factor.
  [[nodiscard]] fsm::timestamp coarse_now() const noexcept override;
  task_id call_at(fsm::timestamp when, task what) override;
  bool cancel(task_id which) override;

  /// Moves time forward by `span` (at least 0). What becomes due is run at once, on the clock's
  /// thread. Any thread.
  void jump(fsm::duration span);
  /// From now on time passes `factor` times as fast as real time. Not slower than so far, so that
  /// nobody sees it go back. Any thread.
  void speed_up(double factor);

private:
  /// Time from some moment on.
  struct course {
    std::int64_t real_ns;  // Of CLOCK_MONOTONIC.
    double simulated_ms;
    double factor;
    [[nodiscard]] fsm::timestamp at(std::int64_t real) const noexcept;
  };

  [[nodiscard]] static std::int64_t real(clockid_t which) noexcept;
  void change(double jump_ms, double factor);
  void run(const std::stop_token& stop);

  /// Readers may still look at an earlier one; there are few.
  std::deque<course> courses_;
  alignas(64) std::atomic<const course*> course_;  // Read all the time: a cache line of its own.
  alignas(64) std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::pair<fsm::timestamp, task_id>, task> tasks_;
  task_id last_ = 0;
  bool moved_ = false;
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace bench
