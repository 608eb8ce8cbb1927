#pragma once

#include <fsm/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fsm::detail {

struct core;

/// Writes idle clocks back to the store, so that a restart forgets at most an eighth of any: an
/// invocation only touches memory. It goes round all Active functions, a slice at a time, and notes
/// those that were used since it came by last, as often as the shortest idle time among them asks
/// for, and not at all while there are none. Each visit also tells the store that its owner is
/// alive. Belongs to the reclaimer, as only there a function in the index is sure to be there.
class idle_clock_writer {
public:
  explicit idle_clock_writer(core& o);

  /// There is an Active function with this idle time.
  void note_active(duration idle_after);
  /// Visits as many slices as are due.
  void advance(timestamp now);
  /// When to be called next; the maximum = only after `note_active`.
  [[nodiscard]] timestamp next() const noexcept { return next_; }

private:
  static constexpr std::size_t slices = 32;

  void visit(std::size_t slice, timestamp now);
  /// From one slice to the next.
  [[nodiscard]] duration step() const noexcept;

  core& core_;
  timestamp next_ = timestamp::max();
  duration shortest_ = duration::max();       // Idle time of those that are Active.
  duration shortest_seen_ = duration::max();  // In this round, so far.
  std::size_t slice_ = 0;
  std::array<timestamp, slices> visited_{};
};

/// How far behind the stored idle clock of a function may be, while its owner is alive.
[[nodiscard]] duration write_back_interval(duration idle_after) noexcept;

}  // namespace fsm::detail
