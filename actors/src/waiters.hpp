#pragma once

#include "alarm.hpp"
#include "call.hpp"
#include "message.hpp"
#include "tenant_shares.hpp"
#include "timing_wheel.hpp"
#include <fsm/store.hpp>

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fsm::detail {

struct core;

/// What a waiter and its owner share, if the owner can cancel it.
struct wait_ticket {
  /// Set when its owner no longer waits, which may be before it is armed.
  std::atomic<bool> cancelled{false};
  /// Where it is armed; only for the table.
  std::uint32_t armed_at = 0xFFFF'FFFF;
};

/// Somebody waits for a function to get into a situation. Fired by the transition itself.
struct wait_call : call {
  std::string name;
  timestamp deadline{};
  /// The function's latest transition at the time of `found`. Filled in by the journal.
  std::uint64_t seen = 0;
  /// Null if nobody can cancel it.
  std::shared_ptr<wait_ticket> ticket;
};

/// A waiter's owner no longer waits.
struct waiter_cancelled final : internal_message {
  std::shared_ptr<wait_ticket> ticket;
};

/// INTERNAL: a deadline may have passed.
struct waiters_tick final : internal_message {};

/// The runtime stops: every waiter is answered.
struct waiters_stop final : internal_message {};

/// All armed waiters; a part of delivery, so that arming and firing are in the same order as the
/// transitions.
class waiter_table {
public:
  waiter_table(core& o, std::function<void()> wake);

  /// Answers the waiter if its condition holds or never will, else arms it. `found` of the call is
  /// the situation of the function in `slot` after all transitions delivered so far.
  void arm(call& waiter, std::uint32_t slot);
  /// A transition of the function in `slot` has been delivered.
  void fire(const transition& t, const change& c, std::uint32_t slot, std::string_view name);
  void handle(const internal_message& what);
  void after_batch();
  [[nodiscard]] bool anyone_waits_for(std::uint32_t slot) const noexcept {
    return count_ != 0 && by_slot_.contains(slot);
  }
  void close() { alarm_.close(); }

private:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  struct entry {
    wait_call* who = nullptr;
    std::uint32_t slot = none;  // Of the function; none = waits for a name.
    tenant_index tenant = 0;    // Of the function.
    std::uint64_t due_tick = 0;
    std::uint32_t wheel_next = none;
    std::uint32_t wheel_previous = none;
    std::uint32_t next = none;  // Of the same function or name; or the next free one.
    std::uint32_t previous = none;
  };
  struct links {
    waiter_table* table;
    [[nodiscard]] std::uint32_t& next(std::uint32_t n) const noexcept {
      return table->entries_[n].wheel_next;
    }
    [[nodiscard]] std::uint32_t& previous(std::uint32_t n) const noexcept {
      return table->entries_[n].wheel_previous;
    }
    [[nodiscard]] std::uint64_t due(std::uint32_t n) const noexcept {
      return table->entries_[n].due_tick;
    }
  };

  void prefer(std::uint64_t uid);
  void set_head(const entry& e, std::uint32_t n);
  [[nodiscard]] wait_call* take(std::uint32_t n);
  void answer(wait_call& who, errc code);
  void arm_entry(wait_call& who, std::uint32_t slot);
  void fire_list(std::uint32_t head, const transition& t, const change& c, std::uint32_t slot);

  core& core_;
  timestamp start_;
  std::vector<entry> entries_;
  std::uint32_t free_ = none;
  bool stopped_ = false;
  std::size_t count_ = 0;
  // The first waiter's number.
  absl::flat_hash_map<std::uint32_t, std::uint32_t> by_slot_;
  absl::flat_hash_map<std::string, std::uint32_t> by_name_;
  timing_wheel<links> wheel_;
  alarm alarm_;
};

}  // namespace fsm::detail
