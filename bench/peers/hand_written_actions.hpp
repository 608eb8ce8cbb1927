// What the situations of hand_written_switch.cpp have in common.
#pragma once

#include <fsm/step.hpp>

namespace bench::by_hand {

using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::happening;
using fsm::last_update_status;
using fsm::lifecycle_policy;
using fsm::outcome;
using fsm::reason_code;
using fsm::state;
namespace pairs = fsm::pairs;

inline void does(outcome& out, effect what) { out.effects = out.effects | +what; }

inline void moves(outcome& out, fsm::pair to) {
  out.next.pair = to;
  ++out.next.revision;
}

inline void changes_state(outcome& out, fsm::pair to, reason_code why, const happening& what) {
  moves(out, to);
  out.next.since = what.at;
  out.next.state_reason = why;
}

inline void starts(outcome& out, effect which) {
  does(out, which);
  out.start = ++out.next.attempt;
}

inline void adopts(outcome& out) {
  does(out, effect::adopt);
  out.next.held = out.next.attempt;
}

inline void releases(outcome& out) {
  does(out, effect::release);
  out.release = out.next.held;
  out.next.held = 0;
}

inline void abandons(outcome& out) {
  does(out, effect::abandon);
  out.abandon = out.next.attempt;
}

inline void swaps(outcome& out) {
  does(out, effect::swap);
  out.next.version = out.next.attempt;
}

inline void renews_revision(outcome& out) {
  does(out, effect::renew_revision);
  ++out.next.revision;
}

inline void ends(outcome& out, const happening& what) {
  changes_state(out, pairs::absent, reason_code::none, what);
  out.next.update_reason = reason_code::none;
  does(out, effect::retire);
}

inline void starts_update(outcome& out, fsm::pair to) {
  moves(out, to);
  out.next.update_reason = reason_code::creating;
  starts(out, effect::update);
}

inline reason_code cause_of(const happening& what) {
  switch (what.reason) {
    case reason_code::none:
    case reason_code::idle:
    case reason_code::creating:
    case reason_code::restoring: return reason_code::internal_error;
    default: return what.reason;
  }
}

inline bool is_stuck(const outcome& out, const happening& what) {
  return what.at - out.next.since > fsm::stuck_after;
}

inline bool is_paused(const outcome& out, const happening& what) {
  switch (out.next.state_reason) {
    case reason_code::insufficient_role_permissions:
    case reason_code::subnet_out_of_ip_addresses:
      return what.at - out.next.since < fsm::restore_pause;
    default: return false;
  }
}

/// `out` says "accepted" until now.
inline void tag(outcome& out, bool refused, answer refusal) {
  if (refused) {
    out.answer = refusal;
  } else {
    renews_revision(out);
  }
}

/// A completion belongs to an attempt; one of another attempt than the latest has come too late.
inline bool is_late(const fsm::lifecycle_record& record, const happening& what) {
  switch (what.event) {
    case event::attempt_started:
    case event::provision_succeeded:
    case event::provision_failed:
    case event::update_succeeded:
    case event::update_failed:
    case event::restore_succeeded:
    case event::restore_failed: return what.attempt != record.attempt;
    default: return false;
  }
}

/// The situation as one small number, to switch over.
constexpr unsigned number(fsm::pair pair) {
  return static_cast<unsigned>(pair.state) * 4 + static_cast<unsigned>(pair.update_status);
}

}  // namespace bench::by_hand
