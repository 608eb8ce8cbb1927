#include "function_actor.hpp"

#include "assert.hpp"
#include "core.hpp"
#include "journal.hpp"
#include "reclaimer.hpp"

#include <cstring>

namespace fsm::detail {

compact_name::compact_name(std::string_view text) {
  bytes_[in_place_max] = static_cast<char>(text.size());
  char* target = bytes_;
  if (text.size() > in_place_max) {
    target = new char[text.size()];
    std::memcpy(bytes_, &target, sizeof target);
  }
  std::memcpy(target, text.data(), text.size());
}

compact_name::~compact_name() {
  if (length() > in_place_max) delete[] elsewhere();
}

bool function_actor::try_admit(admitted_to& into, timestamp now) noexcept {
  admission_word& gate = word();
  admission_word::view seen = gate.load();
  while (seen.open() && is_settled() && seen.in_flight() < admission_word::in_flight_max) {
    // Read before the swap: the actor closes the word before it writes them, so that a won swap
    // proves them current.
    into = {.generation = seen.generation(),
            .version = std::atomic_ref{record_.version}.load(std::memory_order_relaxed),
            .held = std::atomic_ref{record_.held}.load(std::memory_order_relaxed)};
    if (gate.try_admit(seen)) {
      touch(now);
      return true;
    }
  }
  return false;
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
    answer(o, c);
    return;
  }
  const outcome result = step(record_, c.what, o.how.policy);
  const bool may_be_idle = c.what.event == event::idle_due && record_.pair.state == state::active;
  if (may_be_idle && !(result.changed(record_) && may_become_idle(o, c.what.at))) {
    // It is in use after all, or being updated; the reclaimer looks again when it may be idle next.
    o.reclaimer->watch(*this);
    c.answered();
    return;
  }
  c.answer = result.answer;
  if (result.has(effect::touch)) touch(c.what.at);
  if (result.changed(record_)) {
    commit(o, c, result);
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
  // Behind everything this function has done so far, and outside of its run.
  auto* entry = new journal_entry;
  entry->who = caf::strong_actor_ptr{ctrl()};
  entry->function = this;
  entry->slot = slot();
  entry->reply = &c;
  o.journal->post(entry);
}

void function_actor::commit(core& o, call& c, const outcome& result) noexcept {
  auto* entry = new journal_entry;
  entry->who = caf::strong_actor_ptr{ctrl()};
  entry->function = this;
  entry->slot = slot();
  entry->is_change = true;
  entry->result = result;
  entry->reply = &c;
  entry->exit_reason = std::move(c.exit_reason);
  if (record_.pair == pairs::absent) {
    tenant_ = c.tenant;
    idle_policy_ = c.idle_policy;
  }

  fsm::change& change = entry->change;
  change.record = result.next;
  change.tenant = o.tenants[tenant_];
  change.idle_policy = idle_policy_;
  if (result.has(effect::replace) || result.has(effect::update)) {
    change.document = std::move(c.document);
    change.document_version = result.next.attempt;
  }
  if (result.has(effect::discard)) change.drop_version = record_.attempt;
  if (result.has(effect::swap)) change.drop_version = record_.version;
  if (result.has(effect::replace)) change.drop_version = record_.version;
  transition& t = change.transition;
  t.uid = uid_;
  t.name = name();
  t.at = c.what.at;
  t.event = c.what.event;
  t.cause = c.why;
  t.from = record_.pair;
  t.to = result.next.pair;
  t.state_reason_code = result.next.state_reason;
  t.update_reason_code = result.next.update_reason;
  t.reason = std::move(c.text);
  t.revision = result.next.revision;
  o.store->prepare(change);

  FSM_ASSERT(index_of(result.next.pair) != illegal_pair);
  const bool ends = result.has(effect::retire);
  if (ends) c.found = look();  // As it was last.
  unsettled_.fetch_add(1, std::memory_order_acq_rel);
  o.transition_began();
  open_or_close(o, *entry, result);
  if (!ends) c.found = look();
  if (result.start != 0) o.attempt_began();
  o.journal->post(entry);
}

void function_actor::open_or_close(core& o, journal_entry& entry, const outcome& result) noexcept {
  const bool was_active = record_.pair.state == state::active;
  const attempt_token held{uid_, result.release};
  entry.abandon = {uid_, result.abandon};
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
    if (!was_active && record_.pair.state == state::active) word().open();
  }
}

void function_actor::move_running(core& o, journal_entry& entry, bool gone,
                                  attempt_token resources) noexcept {
  const timestamp until = entry.change.transition.at + o.how.admission_timeout;
  const auto renew = [this, gone, &entry] {
    const admission_word::view before = word().renew(gone);
    entry.generation = before.generation();
    return before;
  };
  // The transition holds them, too, until it is durable.
  if (const auto unused = o.pool->draining.move_here(slot(), resources, until, renew, 1)) {
    entry.release = *unused;
  } else {
    entry.draining_until = until;
  }
}

void function_actor::assign(const lifecycle_record& next) noexcept {
  // Admissions read these two while this runs; see try_admit.
  std::atomic_ref{record_.version}.store(next.version, std::memory_order_relaxed);
  std::atomic_ref{record_.held}.store(next.held, std::memory_order_relaxed);
  record_.pair = next.pair;
  record_.state_reason = next.state_reason;
  record_.update_reason = next.update_reason;
  record_.revision = next.revision;
  record_.attempt = next.attempt;
  record_.since = next.since;
}

bool function_actor::may_become_idle(core& o, timestamp at) noexcept {
  if (last_use() + o.idle_after(idle_policy_) > at) return false;
  if (word().try_close()) {
    // An invocation may have come and gone between the look at the idle clock and the closing.
    if (last_use() + o.idle_after(idle_policy_) <= at) return true;
    word().open();
    return false;
  }
  if (last_use() + o.how.admission_timeout > at) return false;
  // What is still counted has been lost: its completions, should they come, find another
  // generation.
  o.pool->draining.give_up(word().renew(false).in_flight());
  return true;
}

snapshot function_actor::look() const {
  return {.uid = uid_, .record = record_, .tenant = tenant_, .name = std::string{name_.view()}};
}

}  // namespace fsm::detail
