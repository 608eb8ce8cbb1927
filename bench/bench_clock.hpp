#pragma once

#include <fsm/clock.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace bench {

/// A clock that runs by itself, at a multiple of real time, and can be moved forward, stopped and
/// started: an idle time of two weeks ends now. To the runtime it is not a manual clock, so that
/// nothing of the bookkeeping for tests is measured, and it costs what the machine's clock costs.
class bench_clock final : public fsm::clock {
public:
  /// Runs from 2026-01-01T00:00:00Z on.
  explicit bench_clock(double factor = 1);
  bench_clock(const bench_clock&) = delete;
  bench_clock& operator=(const bench_clock&) = delete;
  /// Waits for a running task.
  ~bench_clock() override;

  [[nodiscard]] fsm::timestamp now() const noexcept override;
  /// Behind `now` by at most a few milliseconds of real time, times the factor. A load, as long as
  /// somebody asks: the clock's thread then writes the time down at every tick.
  [[nodiscard]] fsm::timestamp coarse_now() const noexcept override;
  task_id call_at(fsm::timestamp when, task what) override;
  bool cancel(task_id which) override;

  // What follows may be called on any thread. Tasks that become due run at once, on the clock's.

  /// Moves time forward by `span` (at least 0). A clock that is stopped stays so.
  void jump(fsm::duration span);
  /// From now on time passes `factor` times as fast as real time, while it passes. Not slower than
  /// so far, so that nobody sees it go back.
  void speed_up(double factor);
  /// Time stands still, at a full millisecond, until `go`.
  void stop();
  /// Time goes on from where it stands. Gives the moment at which it did.
  std::chrono::steady_clock::time_point go();

private:
  using real_time = std::chrono::steady_clock::time_point;

  /// Time from some moment on.
  struct course {
    real_time begin;
    std::int64_t whole_ms;  ///< The time at that moment,
    double fraction_ms;     ///< and what it is beyond the full millisecond.
    double factor;          ///< 0 = it stands.
    [[nodiscard]] fsm::timestamp at(real_time when) const noexcept;
    /// What of a millisecond has passed.
    [[nodiscard]] double fraction_at(real_time when) const noexcept;
    [[nodiscard]] double passed_ms(real_time when) const noexcept;
  };

  // All of these with the mutex held.
  [[nodiscard]] const course& current() const noexcept;
  void change(const course& next);
  fsm::timestamp start_ticking() const noexcept;
  void tick_on(real_time moment) noexcept;
  void run_first(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] real_time next_wake_up(real_time moment) const noexcept;

  void run(const std::stop_token& stop);

  /// Readers may still look at an earlier one; there are few.
  std::deque<course> courses_;
  alignas(64) std::atomic<const course*> course_;
  // Read all the time: a cache line of their own.
  alignas(64) mutable std::atomic<std::int64_t> coarse_ms_;
  mutable std::atomic<bool> coarse_used_{false};
  alignas(64) mutable std::mutex mutex_;  // Guards what follows.
  mutable std::condition_variable_any changed_;
  mutable bool has_changed_ = false;
  mutable real_time asked_at_;   ///< When somebody has last been seen to ask for the coarse time.
  mutable real_time next_tick_;  ///< While it ticks.
  double speed_;                 ///< The factor while time passes.
  std::map<std::pair<fsm::timestamp, task_id>, task> tasks_;
  task_id last_ = 0;
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace bench
