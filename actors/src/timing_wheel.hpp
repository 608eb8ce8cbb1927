#pragma once

#include "assert.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fsm::detail {

/// Deadlines of very many things: arming and taking back are O(1), and nothing is done for what is
/// not due.
///
/// Hierarchical: level 0 has 64 slots of one tick, each level above has 64 slots of 64 times the
/// one below; an entry sits at the level where it fits. When time reaches a slot, what is in it is
/// due or moves down. A bitmap per level tells which slots are in use, so that time jumps over what
/// is empty; and however far it jumps, each entry passed over is looked at once: advancing by weeks
/// costs what is due, not what passes.
///
/// An entry's deadline may move to later while it is armed, without telling the wheel: it is asked
/// for again when the entry comes up, and the entry then waits on. (An invocation that restarts an
/// idle clock is one store.)
///
/// Entries are numbers below 2^31 in doubly linked lists. `Links` keeps two words for each and
/// knows the deadlines:
///   std::uint32_t& next(n), std::uint32_t& previous(n), std::uint64_t due(n)
/// and, if it likes, `prefetch(n)` for what will be looked at next.
/// `previous(n) == none` means "not armed". Not thread-safe. Free of CAF types.
template <class Links>
class timing_wheel {
public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  explicit timing_wheel(Links links) : links_{links} {
    heads_.fill(none);
    passed_.reserve(heads_.size());
  }

  [[nodiscard]] std::uint64_t now() const noexcept { return now_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool armed(std::uint32_t n) const noexcept { return links_.previous(n) != none; }

  /// Arms `n`, which must not be armed. A deadline that is past becomes due with the next tick.
  void arm(std::uint32_t n) noexcept { arm(n, links_.due(n)); }
  /// The same, to look at it at tick `due` whatever its deadline.
  void arm(std::uint32_t n, std::uint64_t due) noexcept {
    FSM_ASSERT(!armed(n));
    insert(n, std::max(due, now_ + 1));
    ++size_;
  }

  /// Takes back `n`, which must be armed.
  void disarm(std::uint32_t n) noexcept {
    FSM_ASSERT(armed(n) && size_ > 0);
    unlink(n);
    --size_;
  }

  /// The tick to advance to next: nothing is due before it (perhaps not even then). 0 = nothing is
  /// armed.
  [[nodiscard]] std::uint64_t next_tick() const noexcept {
    if (size_ == 0) return 0;
    if (first_passed_ != passed_.size()) return now_;  // What a bounded advance has left.
    std::uint64_t best = ~std::uint64_t{0};
    for (std::size_t level = 0; level < levels; ++level) {
      if (in_use_[level] != 0) best = std::min(best, start_of_next(level));
    }
    return best;
  }

  /// Moves time to `tick` and calls `expired(n)` for everything due by then: first what is due in
  /// the 64 ticks time is in, in order, then all the rest, in no particular order. The entry is no
  /// longer armed when it is called, and may be armed again inside. Looks at no more than `most`
  /// entries: false if there are more to look at, and the next call goes on with them.
  template <class F>
  bool advance(std::uint64_t tick, F expired, std::size_t most = ~std::size_t{0}) {
    for (;;) {
      if (!look_at_passed(expired, most)) return false;
      const std::uint64_t next = next_tick();
      if (size_ == 0 || next > tick) break;
      pass((next ^ now_) < slots ? next : tick);
    }
    now_ = std::max(now_, tick);
    return true;
  }

private:
  static constexpr std::size_t levels = 8;  // 64^8 ticks: beyond any time there is.
  static constexpr std::size_t slots = 64;
  static constexpr std::uint32_t first_mark =
      0x8000'0000;  // In `previous`: first of the list whose number follows.

  /// When the first used slot of a level comes up.
  [[nodiscard]] std::uint64_t start_of_next(std::size_t level) const noexcept {
    const std::uint64_t position = now_ >> (6 * level);
    const auto after_current = static_cast<int>((position + 1) & (slots - 1));
    const std::uint64_t ahead = std::rotr(in_use_[level], after_current);
    return (position + 1 + static_cast<std::uint64_t>(std::countr_zero(ahead))) << (6 * level);
  }

  void insert(std::uint32_t n, std::uint64_t due) noexcept {
    // The highest group of six bits in which the deadline differs from now decides the level.
    const std::uint64_t difference = due ^ now_;
    const std::size_t fits =
        difference == 0 ? 0 : (static_cast<std::size_t>(std::bit_width(difference)) - 1) / 6;
    const std::size_t level = std::min(fits, levels - 1);
    const std::size_t slot = due >> (6 * level) & (slots - 1);
    std::uint32_t& head = heads_[level * slots + slot];
    links_.next(n) = head;
    links_.previous(n) = first_mark | static_cast<std::uint32_t>(level * slots + slot);
    if (head != none) links_.previous(head) = n;
    head = n;
    in_use_[level] |= std::uint64_t{1} << slot;
  }

  void unlink(std::uint32_t n) noexcept {
    const std::uint32_t next = links_.next(n);
    const std::uint32_t previous = links_.previous(n);
    if (next != none) links_.previous(next) = previous;
    if ((previous & first_mark) == 0) {
      links_.next(previous) = next;
    } else if (const std::uint32_t list = previous & ~first_mark; list >= heads_.size()) {
      passed_[list - heads_.size()] = next;
    } else {
      heads_[list] = next;
      if (next == none) in_use_[list / slots] &= ~(std::uint64_t{1} << (list % slots));
    }
    links_.previous(n) = none;
  }

  /// Moves time to `tick` and sets the slots aside that it reaches; those of the lowest level
  /// first, in their order.
  void pass(std::uint64_t tick) {
    passed_.clear();
    first_passed_ = 0;
    for (std::size_t level = 0; level < levels; ++level) {
      const std::uint64_t from = now_ >> (6 * level);
      const std::uint64_t to = tick >> (6 * level);
      if (from == to) break;  // So are the levels above.
      for (std::uint64_t at = from + 1; at <= std::min(to, from + slots); ++at)
        set_aside(level, at & (slots - 1));
    }
    now_ = tick;
  }

  void set_aside(std::size_t level, std::size_t slot) {
    if ((in_use_[level] >> slot & 1U) == 0) return;
    in_use_[level] &= ~(std::uint64_t{1} << slot);
    const std::uint32_t first = std::exchange(heads_[level * slots + slot], none);
    links_.previous(first) =
        first_mark | static_cast<std::uint32_t>(heads_.size() + passed_.size());
    passed_.push_back(first);
  }

  /// False if `most` were looked at and there are more.
  template <class F>
  bool look_at_passed(F& expired, std::size_t& most) {
    for (; first_passed_ != passed_.size(); ++first_passed_) {
      // One at a time: what is called may arm and disarm others.
      for (; passed_[first_passed_] != none; --most) {
        if (most == 0) return false;
        const std::uint32_t n = passed_[first_passed_];
        unlink(n);
        if constexpr (requires { links_.prefetch(n); }) {
          if (passed_[first_passed_] != none) links_.prefetch(passed_[first_passed_]);
        }
        if (const std::uint64_t due = links_.due(n); due > now_) {
          insert(n, due);  // It moves down, or its deadline has moved.
          continue;
        }
        --size_;
        expired(n);
      }
    }
    return true;
  }

  mutable Links links_;
  std::uint64_t now_ = 0;
  std::size_t size_ = 0;
  std::array<std::uint32_t, levels * slots> heads_;
  std::array<std::uint64_t, levels> in_use_{};
  /// The first entries of slots that time has reached and that are not worked off yet.
  std::vector<std::uint32_t> passed_;
  std::size_t first_passed_ = 0;
};

}  // namespace fsm::detail
