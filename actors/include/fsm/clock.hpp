#pragma once

#include <fsm/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace fsm {

/// Where the runtime gets the time from, and what wakes it. Everything in the runtime that depends
/// on time (idle clocks, deadlines, retries, pauses) goes through one of these, so that a test can
/// own it.
class clock {
public:
  using task = std::function<void()>;
  /// Names a task that was asked for and has not run. Never 0.
  using task_id = std::uint64_t;

  virtual ~clock() = default;

  /// The current time. Never goes back. Any thread.
  [[nodiscard]] virtual timestamp now() const noexcept = 0;

  /// The current time, cheaply: at most a few milliseconds behind `now`. For the hot path. Any
  /// thread.
  [[nodiscard]] virtual timestamp coarse_now() const noexcept { return now(); }

  /// A time to measure spans with that are too short for `now`. Its start means nothing. Any
  /// thread.
  [[nodiscard]] virtual std::chrono::nanoseconds ticks() const noexcept {
    return now().time_since_epoch();
  }

  /// Runs `what` once, at `when` or as soon after it as possible, on a thread of the clock's.
  /// `what` must return quickly and must not throw. A time that is past already means "as soon as
  /// possible". Any thread.
  virtual task_id call_at(timestamp when, task what) = 0;

  /// Takes back a task. True if it will not run; false if it runs, ran or never was. Any thread.
  virtual bool cancel(task_id which) = 0;

  /// True when time moves only by somebody's call, so that "nothing more happens until then" can be
  /// awaited.
  [[nodiscard]] virtual bool is_manual() const noexcept { return false; }

  /// For manual clocks: `settle` is called after the tasks of each point in time have run and must
  /// return when everything they caused is done. A runtime registers itself here; the returned id
  /// takes it back.
  virtual task_id add_settler(task settle);
  virtual void remove_settler(task_id which);
};

/// The machine's clock: wall time at start-up plus the steady time since, so that it never jumps.
/// One timer thread. Destroying it waits for a running task.
[[nodiscard]] std::shared_ptr<clock> make_system_clock();

/// A clock that stands still until it is told to move. Weeks pass in microseconds.
class manual_clock final : public clock {
public:
  /// Starts at `start` (default: 2026-01-01T00:00:00Z, so that two runs see the same times).
  explicit manual_clock(timestamp start = timestamp{std::chrono::sys_days{
                            std::chrono::year{2026} / std::chrono::January / 1}});
  ~manual_clock() override;

  [[nodiscard]] timestamp now() const noexcept override;
  task_id call_at(timestamp when, task what) override;
  bool cancel(task_id which) override;
  [[nodiscard]] bool is_manual() const noexcept override { return true; }
  task_id add_settler(task settle) override;
  void remove_settler(task_id which) override;

  /// Moves time forward by `span` (at least 0). Tasks due on the way run in the order of their
  /// times, each at its own time, on the calling thread; after each point in time the settlers are
  /// called. Returns when everything due by then has run. Calls from several threads are taken one
  /// after the other. Must not be called from a task.
  void advance(duration span);

  /// Moves to the next time for which a task is waiting, at most to `limit`; returns false, without
  /// moving, if there is none.
  bool advance_to_next(timestamp limit);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace fsm
