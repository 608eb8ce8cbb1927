#include "function_actor.hpp"

#include "assert.hpp"
#include "core.hpp"
#include "journal.hpp"
#include "mutant.hpp"
#include "reclaimer.hpp"

#include <algorithm>

namespace fsm::detail {

function_actor::function_actor(caf::actor_config& how, std::uint64_t uid, std::string_view name)
    : compact_actor{how} {
  hot_line& mine = line();
  mine.name.assign(name);
  mine.uid = uid;
  mine.last_use_ms.store(0, std::memory_order_relaxed);
  mine.unsettled.store(0, std::memory_order_relaxed);
  mine.version.store(0, std::memory_order_relaxed);
  mine.held.store(0, std::memory_order_relaxed);
  mine.tenant.store(0, std::memory_order_relaxed);
  mine.idle_policy = 0;
  mine.history_counter = 0;
  mine.pair = {};
}

void function_actor::restore(const stored_function& from, std::uint16_t tenant,
                             std::uint8_t idle_policy, timestamp last_use) noexcept {
  hot_line& mine = line();
  mine.tenant.store(tenant, std::memory_order_relaxed);
  mine.idle_policy = idle_policy;
  mine.history_counter = from.history_place;
  mine.touch(last_use);
  last_sequence_ = from.last_sequence;
  assign(from.lifecycle);
  if (from.lifecycle.pair.state == state::active) word().open();
}

lifecycle_record function_actor::record() const noexcept {
  const hot_line& mine = line();
  return {.pair = mine.pair,
          .state_reason = state_reason_,
          .update_reason = update_reason_,
          .revision = revision_,
          .attempt = attempt_,
          .since = timestamp{duration{static_cast<std::int64_t>(since_ms_)}},
          .version = mine.version.load(std::memory_order_relaxed),
          .held = mine.held.load(std::memory_order_relaxed)};
}

void function_actor::handle(internal_message* what) noexcept {
  call& c = static_cast<call&>(*what);
  core* const o = owner();
  if (o == nullptr) {
    c.failure = {errc::stopped, "the runtime has stopped"};
    c.answered();
    return;
  }
  happen(*o, c);
}

void function_actor::happen(core& o, call& c) noexcept {
  if (c.wait_for) {
    c.found = look();
    answer(o, c);
    return;
  }
  if (is_gone()) {
    // The name may already be somebody else's.
    c.answer = fsm::answer::not_found;
    c.found = look();
    // Behind the removal: then the name is free, and a create that tries again will not come here.
    answer_behind(o, c);
    return;
  }
  const lifecycle_record before = record();
  const outcome result = step(before, c.what, o.how.policy);
  const bool may_be_idle = c.what.event == event::idle_due && before.pair.state == state::active;
  if (may_be_idle && !(result.changed(before) && may_become_idle(o, c.what.at))) {
    // It is in use after all, or being updated; the reclaimer looks again when it may be idle next.
    tally::raise(o.counts.idle_in_use);
    c.answered();
    o.reclaimer->watch(*this);
    return;
  }
  c.answer = result.answer;
  if (result.has(effect::touch)) line().touch(c.what.at);
  if (result.changed(before)) {
    commit(o, c, before, result);
  } else {
    c.found = look();
    answer(o, c);
  }
}

void function_actor::answer(core& o, call& c) noexcept {
  if (!c.wait_for && is_settled() && c.answers_anywhere()) {
    c.answered();
    return;
  }
  answer_behind(o, c);
}

void function_actor::answer_behind(core& o, call& c) noexcept {
  auto* entry = new journal_entry;
  entry->who = caf::strong_actor_ptr{ctrl()};
  entry->function = this;
  entry->slot = slot();
  entry->reply = &c;
  o.journal->post(entry);
}

void function_actor::commit(core& o, call& c, const lifecycle_record& before,
                            const outcome& result) noexcept {
  hot_line& mine = line();
  auto* entry = new journal_entry;
  entry->who = caf::strong_actor_ptr{ctrl()};
  entry->function = this;
  entry->slot = slot();
  entry->is_change = true;
  entry->result = result;
  entry->reply = &c;
  entry->exit_reason = std::move(c.exit_reason);
  if (before.pair == pairs::absent) {
    mine.tenant.store(c.tenant, std::memory_order_relaxed);
    o.sharing.meet(c.tenant);
    mine.idle_policy = c.idle_policy;
  }

  entry->tenant = tenant();

  fsm::change& change = entry->change;
  change.before = before;
  change.record = result.next;
  change.tenant = o.tenants[entry->tenant];
  if (mine.idle_policy != 0) change.idle_after = o.idle_after(mine.idle_policy);
  change.last_used = mine.last_use();
  change.history_place = mine.history_counter;
  mine.history_counter = o.history.next(mine.history_counter);
  if (result.has(effect::replace) || result.has(effect::update)) {
    change.document = std::move(c.document);
    change.document_version = result.next.attempt;
  }
  if (result.takes_metadata) change.metadata = std::move(c.metadata);
  if (result.has(effect::discard)) change.drop_versions = {before.attempt, 0};
  if (result.has(effect::swap)) change.drop_versions = {before.version, 0};
  if (result.has(effect::replace)) change.drop_versions = {before.version, 0};
  if (result.has(effect::retire)) change.drop_versions = {before.version, before.target()};
  // Before the provisioner tells of a failure it notes the release itself.
  change.owed_releases = {result.release, c.why == cause::provider ? 0 : result.abandon};
  transition& t = change.transition;
  t.uid = mine.uid;
  if (o.store->keeps_documents()) t.name = name();  // Else only if an observer asks.
  t.at = c.what.at;
  t.event = c.what.event;
  t.cause = c.why;
  t.from = before.pair;
  t.to = result.next.pair;
  t.state_reason_code = result.next.state_reason;
  t.update_reason_code = result.next.update_reason;
  t.reason = std::move(c.text);
  t.revision = result.next.revision;
  o.store->prepare(change);

  FSM_ASSERT(index_of(result.next.pair) != illegal_pair);
  const bool ends = result.has(effect::retire);
  if (ends) c.found = look();  // As it was last.
  mine.unsettled.fetch_add(1, std::memory_order_acq_rel);
  o.transitions.take(entry->tenant);
  open_or_close(o, *entry, result);
  if (!ends) c.found = look();
  if (result.start != 0) o.attempts.take(entry->tenant);
  if (mutated(mutant::reply_before_commit) && entry->reply != nullptr)
    std::exchange(entry->reply, nullptr)->answered();
  o.journal->post(entry);
}

void function_actor::open_or_close(core& o, journal_entry& entry, const outcome& result) noexcept {
  const bool was_active = line().pair.state == state::active;
  const attempt_token held{uid(), result.release};
  entry.abandon = {uid(), result.abandon};
  if (result.has(effect::retire)) {
    move_running(o, entry, true, held);
    assign(result.next);
  } else if (was_active && result.has(effect::swap)) {
    move_running(o, entry, false, held);
    assign(result.next);
    word().open();
  } else {
    entry.release = held;
    assign(result.next);
    if (!was_active && result.next.pair.state == state::active) word().open();
  }
}

void function_actor::move_running(core& o, journal_entry& entry, bool gone,
                                  attempt_token resources) noexcept {
  // Invocations may have been admitted since what causes the transition happened.
  const timestamp until =
      std::max(entry.change.transition.at, o.clock->now()) + o.how.admission_timeout;
  const auto renew = [this, gone, &entry] {
    const admission_word::view before = word().renew(gone);
    entry.generation = before.generation();
    return before;
  };
  // The transition holds them, too, until it is durable.
  if (const auto unused = o.pool->draining.move_here(slot(), resources, until, renew, true)) {
    entry.release = *unused;
  } else if (mutated(mutant::swap_drops_running)) {
    entry.release = resources;
  } else {
    entry.draining_until = until;
  }
}

void function_actor::assign(const lifecycle_record& next) noexcept {
  // Admissions read these two while this runs; see hot_line::try_admit.
  line().version.store(next.version, std::memory_order_relaxed);
  line().held.store(next.held, std::memory_order_relaxed);
  line().pair = next.pair;
  state_reason_ = next.state_reason;
  update_reason_ = next.update_reason;
  revision_ = next.revision;
  attempt_ = next.attempt;
  since_ms_ = static_cast<std::uint64_t>(next.since.time_since_epoch().count());
}

bool function_actor::may_become_idle(core& o, timestamp at) noexcept {
  const hot_line& mine = line();
  const duration idle_after = o.idle_after(mine.idle_policy);
  if (mine.last_use() + idle_after > at) return false;
  if (mutated(mutant::reclaim_in_use)) return true;
  if (word().try_close()) {
    // An invocation may have come and gone between the look at the idle clock and the closing.
    if (mine.last_use() + idle_after <= at) return true;
    word().open();
    return false;
  }
  if (mine.last_use() + o.how.admission_timeout > at) return false;
  // What is still counted has been lost: its completions, should they come, find another
  // generation.
  o.pool->draining.give_up(word().renew(false).in_flight());
  return true;
}

snapshot function_actor::look() const {
  return {.uid = uid(), .record = record(), .tenant = tenant()};
}

}  // namespace fsm::detail
