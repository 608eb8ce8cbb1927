#pragma once

#include <fsm/event.hpp>
#include <fsm/pair.hpp>

namespace fsm::simulated {

/// Whether a function may go from one situation to another on an event. Written down a second time,
/// from docs/lifecycle.md and not from the table, so that a defect in either is noticed.
[[nodiscard]] constexpr bool is_legal(pair from, event on, pair to) noexcept {
  using enum event;
  const bool changes_what_hangs_on_it =
      on == tag || on == configure || on == permit || on == publish;
  if (from == to) return changes_what_hangs_on_it && from != pairs::absent;
  if (from == pairs::absent) return on == create && to == pairs::creating;
  if (to == pairs::absent) return on == remove;
  const bool cancels = on == update || on == publish || on == republish;
  const bool invokes = on == invoke || on == invoke_async;
  if (from == pairs::creating) {
    return (to == pairs::ready && on == provision_succeeded) ||
           (to == pairs::broken && (on == provision_failed || cancels));
  }
  if (from == pairs::broken) return to == pairs::creating && on == update;
  if (from == pairs::ready || from == pairs::update_failed) {
    const pair asleep = from == pairs::ready ? pairs::idle : pairs::idle_update_failed;
    return (to == pairs::updating && on == update) || (to == asleep && on == idle_due);
  }
  if (from == pairs::updating) {
    return (to == pairs::ready && on == update_succeeded) ||
           (to == pairs::update_failed && on == update_failed);
  }
  if (from == pairs::idle || from == pairs::idle_update_failed) {
    const pair waking = from == pairs::idle ? pairs::restoring : pairs::restoring_update_failed;
    return (to == waking && invokes) || (to == pairs::idle_updating && on == update);
  }
  if (from == pairs::restoring || from == pairs::restoring_update_failed) {
    const bool was_well = from == pairs::restoring;
    const pair awake = was_well ? pairs::ready : pairs::update_failed;
    const pair asleep = was_well ? pairs::idle : pairs::idle_update_failed;
    return (to == awake && on == restore_succeeded) ||
           (to == asleep && (on == restore_failed || cancels));
  }
  return from == pairs::idle_updating && ((to == pairs::ready && on == update_succeeded) ||
                                          (to == pairs::idle_update_failed && on == update_failed));
}

}  // namespace fsm::simulated
