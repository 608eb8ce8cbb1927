// The lifecycle as most would write it: a function per situation, a `switch` over the events in it.
// Every rule of the table is here again, so that both sides do the same work.
#include "peers/hand_written_switch.hpp"

#include "peers/hand_written_actions.hpp"
#include "scenarios/step.hpp"
#include "workload.hpp"

namespace bench {
namespace {

using namespace by_hand;

// Each of these gets an outcome that says "accepted", with the record as it is.

void when_absent(outcome& out, const happening& what) {
  switch (what.event) {
    case event::create:
      changes_state(out, pairs::creating, reason_code::creating, what);
      out.next.update_reason = reason_code::none;
      starts(out, effect::provision);
      does(out, effect::replace);
      out.next.version = out.next.attempt;
      return;
    case event::attempt_started:
    case event::provision_succeeded:
    case event::provision_failed:
    case event::update_succeeded:
    case event::update_failed:
    case event::restore_succeeded:
    case event::restore_failed:
    case event::idle_due: out.answer = answer::ignored; return;
    default: out.answer = answer::not_found; return;
  }
}

void when_creating(outcome& out, const happening& what, const lifecycle_policy& policy) {
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::attempt_started: return;
    case event::invoke:
    case event::invoke_async:
    case event::invoke_dry_run: out.answer = answer::pending; return;
    case event::update:
    case event::publish:
    case event::republish:
      out.answer = answer::state_conflict;
      if (is_stuck(out, what)) {
        changes_state(out, pairs::broken, reason_code::internal_error, what);
        out.next.update_reason = reason_code::none;
        abandons(out);
      }
      return;
    case event::update_dry_run:
    case event::alias_target: out.answer = answer::state_conflict; return;
    case event::tag:
    case event::permit: tag(out, policy.pending_refuses_all, answer::state_conflict); return;
    case event::configure:
      if (policy.pending_refuses_all) out.answer = answer::state_conflict;
      return;
    case event::remove:
      abandons(out);
      ends(out, what);
      return;
    case event::provision_succeeded:
      changes_state(out, pairs::ready, reason_code::none, what);
      out.next.update_reason = reason_code::none;
      adopts(out);
      does(out, effect::touch);
      return;
    case event::provision_failed:
      changes_state(out, pairs::broken, cause_of(what), what);
      out.next.update_reason = reason_code::none;
      abandons(out);
      return;
    default: out.answer = answer::ignored; return;
  }
}

/// Active, and no update is in progress: the last one succeeded, or failed.
void when_settled(outcome& out, const happening& what) {
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::invoke_dry_run:
    case event::update_dry_run:
    case event::republish:
    case event::alias_target:
    case event::configure: return;
    case event::invoke:
    case event::invoke_async: does(out, effect::touch); return;
    case event::update: starts_update(out, pairs::updating); return;
    case event::publish:
    case event::tag:
    case event::permit: renews_revision(out); return;
    case event::remove:
      releases(out);
      ends(out, what);
      return;
    case event::idle_due:
      changes_state(out, {state::inactive, out.next.pair.update_status}, reason_code::idle, what);
      releases(out);
      return;
    default: out.answer = answer::ignored; return;
  }
}

void when_updating(outcome& out, const happening& what, const lifecycle_policy& policy) {
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::invoke_dry_run:
    case event::configure:
    case event::alias_target:
    case event::attempt_started: return;
    case event::invoke:
    case event::invoke_async: does(out, effect::touch); return;
    case event::update:
    case event::update_dry_run:
    case event::publish:
    case event::republish: out.answer = answer::update_in_progress; return;
    case event::permit: renews_revision(out); return;
    case event::tag: tag(out, !policy.tags_during_update, answer::update_in_progress); return;
    case event::remove:
      abandons(out);
      releases(out);
      does(out, effect::discard);
      ends(out, what);
      return;
    case event::update_succeeded:
      moves(out, pairs::ready);
      out.next.update_reason = reason_code::none;
      releases(out);
      adopts(out);
      swaps(out);
      return;
    case event::update_failed:
      moves(out, pairs::update_failed);
      out.next.update_reason = cause_of(what);
      abandons(out);
      does(out, effect::discard);
      return;
    default: out.answer = answer::ignored; return;
  }
}

/// Inactive, and no update is in progress.
void when_inactive(outcome& out, const happening& what) {
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::invoke_dry_run:
    case event::update_dry_run:
    case event::republish:
    case event::alias_target:
    case event::configure: return;
    case event::invoke:
    case event::invoke_async: {
      const bool queued = what.event == event::invoke_async;
      if (is_paused(out, what)) {
        if (!queued) out.answer = answer::failed;
        return;
      }
      if (!queued) out.answer = answer::initializing;
      changes_state(out, {state::pending, out.next.pair.update_status}, reason_code::restoring,
                    what);
      starts(out, effect::restore);
      return;
    }
    case event::update: starts_update(out, pairs::idle_updating); return;
    case event::publish:
    case event::tag:
    case event::permit: renews_revision(out); return;
    case event::remove: ends(out, what); return;
    default: out.answer = answer::ignored; return;
  }
}

/// Pending, and its resources existed before.
void when_coming_back(outcome& out, const happening& what, const lifecycle_policy& policy) {
  const auto update_status = out.next.pair.update_status;
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::invoke_async:
    case event::invoke_dry_run:
    case event::attempt_started: return;
    case event::invoke: out.answer = answer::initializing; return;
    case event::update:
    case event::publish:
    case event::republish:
      out.answer = answer::state_conflict;
      if (is_stuck(out, what)) {
        changes_state(out, {state::inactive, update_status}, reason_code::internal_error, what);
        abandons(out);
      }
      return;
    case event::update_dry_run:
    case event::alias_target: out.answer = answer::state_conflict; return;
    case event::tag:
    case event::permit: tag(out, policy.pending_refuses_all, answer::state_conflict); return;
    case event::configure:
      if (policy.pending_refuses_all) out.answer = answer::state_conflict;
      return;
    case event::remove:
      abandons(out);
      ends(out, what);
      return;
    case event::restore_succeeded:
      changes_state(out, {state::active, update_status}, reason_code::none, what);
      adopts(out);
      does(out, effect::touch);
      return;
    case event::restore_failed:
      changes_state(out, {state::inactive, update_status}, cause_of(what), what);
      abandons(out);
      return;
    default: out.answer = answer::ignored; return;
  }
}

void when_idle_updating(outcome& out, const happening& what, const lifecycle_policy& policy) {
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::invoke_async:
    case event::invoke_dry_run:
    case event::configure:
    case event::alias_target:
    case event::attempt_started: return;
    case event::invoke: out.answer = answer::initializing; return;
    case event::update:
    case event::update_dry_run:
    case event::publish:
    case event::republish: out.answer = answer::update_in_progress; return;
    case event::permit: renews_revision(out); return;
    case event::tag: tag(out, !policy.tags_during_update, answer::update_in_progress); return;
    case event::remove:
      abandons(out);
      does(out, effect::discard);
      ends(out, what);
      return;
    case event::update_succeeded:
      changes_state(out, pairs::ready, reason_code::none, what);
      out.next.update_reason = reason_code::none;
      adopts(out);
      swaps(out);
      does(out, effect::touch);
      return;
    case event::update_failed:
      moves(out, pairs::idle_update_failed);
      out.next.update_reason = cause_of(what);
      abandons(out);
      does(out, effect::discard);
      return;
    default: out.answer = answer::ignored; return;
  }
}

void when_broken(outcome& out, const happening& what, const lifecycle_policy& policy) {
  switch (what.event) {
    case event::create: out.answer = answer::already_exists; return;
    case event::read:
    case event::remove_qualified:
    case event::configure: return;
    case event::invoke:
    case event::invoke_async:
    case event::invoke_dry_run: out.answer = answer::failed; return;
    case event::update:
      if (!policy.failed_accepts_update) {
        out.answer = answer::state_conflict;
        return;
      }
      changes_state(out, pairs::creating, reason_code::creating, what);
      out.next.update_reason = reason_code::none;
      starts(out, effect::provision);
      does(out, effect::replace);
      out.next.version = out.next.attempt;
      return;
    case event::update_dry_run:
      if (!policy.failed_accepts_update) out.answer = answer::state_conflict;
      return;
    case event::publish:
    case event::republish:
    case event::alias_target: out.answer = answer::state_conflict; return;
    case event::tag:
    case event::permit: renews_revision(out); return;
    case event::remove: ends(out, what); return;
    default: out.answer = answer::ignored; return;
  }
}

inline outcome step_by_hand(const fsm::lifecycle_record& record, const happening& what,
                            const lifecycle_policy& policy) {
  outcome out;
  out.next = record;
  if (is_late(record, what) || what.event > event::alias_target ||
      record.pair.update_status > last_update_status::failed) {
    out.answer = answer::ignored;
    return out;
  }
  if (what.expected_revision != 0 && what.expected_revision != record.revision &&
      record.pair != pairs::absent && fsm::index_of(record.pair) != fsm::illegal_pair) {
    out.answer = answer::revision_mismatch;
    return out;
  }
  switch (number(record.pair)) {
    case number(pairs::absent): when_absent(out, what); break;
    case number(pairs::creating): when_creating(out, what, policy); break;
    case number(pairs::ready):
    case number(pairs::update_failed): when_settled(out, what); break;
    case number(pairs::updating): when_updating(out, what, policy); break;
    case number(pairs::broken): when_broken(out, what, policy); break;
    case number(pairs::idle):
    case number(pairs::idle_update_failed): when_inactive(out, what); break;
    case number(pairs::restoring):
    case number(pairs::restoring_update_failed): when_coming_back(out, what, policy); break;
    case number(pairs::idle_updating): when_idle_updating(out, what, policy); break;
    default: out.answer = answer::ignored; break;
  }
  return out;
}

struct switch_step {
  outcome operator()(const fsm::lifecycle_record& record, const happening& what) const noexcept {
    return step_by_hand(record, what, {});
  }
};

}  // namespace

fsm::outcome hand_written_step(const fsm::lifecycle_record& record, const fsm::happening& what,
                               const fsm::lifecycle_policy& policy) noexcept {
  return step_by_hand(record, what, policy);
}

std::unique_ptr<workload> make_hand_written_switch(const settings& how) {
  return std::make_unique<step_workload<switch_step>>(how);
}

}  // namespace bench
