#pragma once

#include <fsm/clock.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace bench {

/// A clock that runs as the machine's does, and can also be stopped and moved forward, so that an
/// idle time of two weeks ends now. What a runtime asks of it costs as little as with the machine's
/// clock; to the runtime it is not a manual clock, so none of the bookkeeping for tests is
/// measured.
class jumping_clock final : public fsm::clock {
public:
  /// Runs from 2026-01-01T00:00:00Z on.
  jumping_clock();
  jumping_clock(const jumping_clock&) = delete;
  jumping_clock& operator=(const jumping_clock&) = delete;
  /// Waits for a running task.
  ~jumping_clock() override;

  [[nodiscard]] fsm::timestamp now() const noexcept override;
  [[nodiscard]] fsm::timestamp coarse_now() const noexcept override;
  task_id call_at(fsm::timestamp when, task what) override;
  bool cancel(task_id which) override;

  // -- one thread at a time drives it
  // ---------------------------------------------------------------

  /// Moves time forward by `span` (at least 0). Tasks that are due by then run at once, on the
  /// clock's own thread. A clock that is stopped stays so.
  void jump(fsm::duration span);
  /// Time stands still until `go`.
  void stop();
  /// Time goes on from where it stands. Gives the moment (of the steady clock) at which it did.
  std::chrono::steady_clock::time_point go();

private:
  using key = std::pair<fsm::timestamp, task_id>;

  [[nodiscard]] bool is_running() const noexcept;
  void wake();
  void run(const std::stop_token& stop);

  std::chrono::steady_clock::time_point steady_start_;
  std::chrono::nanoseconds coarse_start_;
  /// While it runs: how far it is ahead of the steady time since the start, in nanoseconds.
  std::atomic<std::int64_t> ahead_{0};
  /// While it stands: the time since the start at which it stands, in nanoseconds.
  std::atomic<std::int64_t> stands_at_;
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable_any changed_;
  std::map<key, task> tasks_;
  std::map<task_id, fsm::timestamp> times_;
  task_id last_ = 0;
  bool moved_ = false;
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace bench
