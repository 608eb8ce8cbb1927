#pragma once

#include <fsm/step.hpp>

#include <array>

namespace fsm::detail {

/// For each (pair, event): the first row that names it and, for guarded cells, the second. `no_row`
/// = there is none.
inline constexpr std::uint8_t no_row = 0xFF;

struct cell {
  std::uint8_t first = no_row;
  std::uint8_t second = no_row;
};

inline constexpr auto cells = [] {
  static_assert(lifecycle.size() < no_row);
  std::array<std::array<cell, event_count>, legal_pairs.size()> grid{};
  for (std::size_t i = 0; i < lifecycle.size(); ++i) {
    for (std::size_t p = 0; p < legal_pairs.size(); ++p) {
      for (std::size_t e = 0; e < event_count; ++e) {
        if (!lifecycle[i].from.contains(p) || !lifecycle[i].on.contains(e)) continue;
        cell& c = grid[p][e];
        (c.first == no_row ? c.first : c.second) = static_cast<std::uint8_t>(i);
      }
    }
  }
  return grid;
}();

[[nodiscard]] constexpr bool needs_pause(reason_code code) noexcept {
  return code == reason_code::insufficient_role_permissions ||
         code == reason_code::subnet_out_of_ip_addresses;
}

[[nodiscard]] constexpr bool holds(guard when, const lifecycle_record& r, timestamp at,
                                   const lifecycle_policy& policy) noexcept {
  switch (when) {
    case guard::always: return true;
    case guard::fresh: return at - r.since <= stuck_after;
    case guard::stuck: return at - r.since > stuck_after;
    case guard::rested: return !(needs_pause(r.state_reason) && at - r.since < restore_pause);
    case guard::paused: return needs_pause(r.state_reason) && at - r.since < restore_pause;
    case guard::failed_rejects: return !policy.failed_accepts_update;
    case guard::failed_accepts: return policy.failed_accepts_update;
    case guard::pending_open: return !policy.pending_refuses_all;
    case guard::pending_closed: return policy.pending_refuses_all;
    case guard::tags_strict: return !policy.tags_during_update;
    case guard::tags_lenient: return policy.tags_during_update;
  }
  return false;
}

/// The codes that the lifecycle itself sets say where a function is, not what went wrong.
[[nodiscard]] constexpr bool is_cause_of_failure(reason_code code) noexcept {
  return code != reason_code::none && code != reason_code::idle && code != reason_code::creating &&
         code != reason_code::restoring;
}

[[nodiscard]] constexpr reason_code apply(reason_rule rule, reason_code before,
                                          reason_code given) noexcept {
  switch (rule) {
    case reason_rule::keep: return before;
    case reason_rule::clear: return reason_code::none;
    case reason_rule::creating: return reason_code::creating;
    case reason_rule::idle: return reason_code::idle;
    case reason_rule::restoring: return reason_code::restoring;
    case reason_rule::given:
      return is_cause_of_failure(given) ? given : reason_code::internal_error;
    case reason_rule::internal: return reason_code::internal_error;
  }
  return before;
}

/// Completions carry the number of the attempt they belong to; everything else does not.
[[nodiscard]] constexpr bool is_completion(event what) noexcept {
  return what >= event::attempt_started && what <= event::restore_failed;
}

/// The calls that may bring metadata.
[[nodiscard]] constexpr bool may_bring_metadata(event what) noexcept {
  return what == event::create || what == event::update || what == event::publish ||
         what == event::tag || what == event::configure || what == event::permit;
}

}  // namespace fsm::detail

namespace fsm {

constexpr outcome step(const lifecycle_record& record, const happening& what,
                       const lifecycle_policy& policy) noexcept {
  outcome result;
  result.next = record;
  result.answer = answer::ignored;
  const std::size_t pair_index = index_of(record.pair);
  const auto event_index = static_cast<std::size_t>(what.event);
  if (pair_index == illegal_pair || event_index >= event_count) return result;
  if (detail::is_completion(what.event) && what.attempt != record.attempt) return result;
  if (record.pair != pairs::absent && what.expected_revision != 0 &&
      what.expected_revision != record.revision) {
    result.answer = answer::revision_mismatch;
    return result;
  }

  const detail::cell cell = detail::cells[pair_index][event_index];
  const row* rule = &lifecycle[cell.first];
  if (cell.second != detail::no_row && !detail::holds(rule->when, record, what.at, policy)) {
    rule = &lifecycle[cell.second];
  }
  result.rule = rule;
  result.answer = rule->answer;
  result.effects = rule->effects;
  result.takes_metadata = what.brings_metadata && rule->answer == answer::accepted &&
                          detail::may_bring_metadata(what.event);

  // The one place in the code base that assigns a function's state.
  lifecycle_record& next = result.next;
  if (!rule->stays) {
    if (rule->to.state != record.pair.state) next.since = what.at;
    next.pair = rule->to;
    next.state_reason = detail::apply(rule->state_reason, record.state_reason, what.reason);
    next.update_reason = detail::apply(rule->update_reason, record.update_reason, what.reason);
    ++next.revision;
  }
  if (result.has(effect::renew_revision)) ++next.revision;
  if (result.has(effect::provision) || result.has(effect::update) || result.has(effect::restore)) {
    result.start = ++next.attempt;
  }
  if (result.has(effect::release)) {
    result.release = record.held;
    next.held = 0;
  }
  if (result.has(effect::abandon)) result.abandon = record.attempt;
  if (result.has(effect::adopt)) next.held = record.attempt;
  if (result.has(effect::replace)) next.version = next.attempt;
  if (result.has(effect::swap)) next.version = record.attempt;
  return result;
}

}  // namespace fsm
