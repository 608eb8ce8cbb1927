#pragma once

#include "alarm.hpp"
#include "compact_actor.hpp"
#include "function_actor.hpp"
#include "idle_clock_writer.hpp"
#include "timing_wheel.hpp"

#include <atomic>
#include <deque>
#include <vector>

namespace fsm::detail {

// Messages the reclaimer understands
// ----------------------------------

/// Functions that have become Active, and that are gone for good. (One that becomes Inactive has
/// just been taken out of the wheel.)
struct usage_changed final : internal_message {
  std::vector<caf::strong_actor_ptr> active;
  std::vector<caf::strong_actor_ptr> removed;
  /// Invocations of replaced versions go on, until then at the latest.
  std::vector<timestamp> draining_until;
};

/// Its idle time seemed over, but it is in use: look again.
struct still_in_use final : internal_message {
  caf::strong_actor_ptr who;
};

/// INTERNAL: something may be due.
struct reclaimer_tick final : internal_message {};

/// Decides idleness. Safe: it only proposes; the function itself refuses while an invocation is in
/// flight or an update under way. Live: every Active function is in the wheel, so each is looked at
/// within its idle time plus one tick, also one that was never invoked, and one whose completion
/// was lost. An invocation costs it nothing. When many are due at once it proposes some at a time,
/// so that others have their turn, and more when most of these have answered; how busy callers keep
/// the journal does not matter, as long as it has room.
class reclaimer final : public compact_actor {
public:
  reclaimer(caf::actor_config& how, core& o);

  [[nodiscard]] core* owner() const noexcept override { return &core_; }
  /// Any thread.
  void watch(function_actor& who) noexcept;
  void close() { alarm_.close(); }
  /// An Active function that was brought back. Before the first message, and before `start`.
  void adopt(std::uint32_t slot) noexcept;
  void start() noexcept { post(new reclaimer_tick); }
  /// For delivery, and for proposals that have been answered: goes on if that was waited for.
  void room_again() noexcept {
    if (waits_for_room_.load(std::memory_order_seq_cst) && may_go_on()) stop_waiting();
  }
  /// One of its proposals has been answered. Any thread.
  void proposal_answered() noexcept {
    proposed_.fetch_sub(1, std::memory_order_seq_cst);
    room_again();
  }

  /// The precision of idle times: 1/4096 of the default one, from 1 ms to 1 s.
  [[nodiscard]] static duration tick_for(duration idle_after) noexcept;

private:
  struct links {
    core* o;
    timestamp start;
    duration tick;
    [[nodiscard]] std::uint32_t& next(std::uint32_t n) const noexcept;
    [[nodiscard]] std::uint32_t& previous(std::uint32_t n) const noexcept;
    [[nodiscard]] std::uint64_t due(std::uint32_t n) const noexcept;
    /// All of a function: it is about to be proposed.
    void prefetch(std::uint32_t n) const noexcept;
  };

  void handle(internal_message* what) noexcept override;
  void after_batch() noexcept override;
  void on_usage(usage_changed& what);
  void on_tick() noexcept;
  void stop_waiting() noexcept;
  /// How many proposals may be unanswered at a time.
  [[nodiscard]] std::size_t proposed_max() const noexcept;
  /// How many functions may be proposed now.
  [[nodiscard]] std::size_t room() const noexcept;
  /// True if it is worth going on: most proposals have been answered, and the journal has room.
  [[nodiscard]] bool may_go_on() const noexcept;
  void arm(function_actor& who) noexcept;
  void disarm(function_actor& who) noexcept;
  void propose(std::uint32_t slot, timestamp now) noexcept;

  core& core_;
  timestamp start_;
  duration tick_;
  timing_wheel<links> wheel_;
  bool more_is_due_ = false;
  std::atomic<bool> waits_for_room_{false};
  std::atomic<std::size_t> proposed_{0};  // And not answered.
  std::deque<timestamp> draining_until_;
  idle_clock_writer clock_writer_;
  alarm alarm_;
};

}  // namespace fsm::detail
