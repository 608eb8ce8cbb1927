#include "delivery.hpp"

#include "core.hpp"
#include "mutant.hpp"
#include "provisioner.hpp"

namespace fsm::detail {

namespace {

/// Removed functions and outgrown tables that are worth a fence in every thread.
constexpr std::size_t retired_worth = 32;

}  // namespace

delivery::delivery(caf::actor_config& how, core& o)
    : compact_actor{how}, core_{o}, waiters_{o, [this] { post(new waiters_tick); }} {}

void delivery::handle(internal_message* what) noexcept {
  auto* entry = as<journal_entry>(what);
  if (const auto* committed = as<batch_committed>(what)) {
    core_.observe([committed](observer& o) { o.on_commit(committed->what); });
    delete what;
    return;
  }
  if (entry == nullptr) {
    waiters_.handle(*what);
    delete what;
    return;
  }
  deliver(*entry);
  delete entry;
}

void delivery::after_batch() noexcept {
  if (usage_ != nullptr) core_.reclaimer->post(usage_.release());
  waiters_.after_batch();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  core_.reclaimer->room_again();
  core_.pool->epochs.collect(retired_worth);
}

void delivery::deliver(journal_entry& entry) {
  if (entry.is_change) core_.transitions.give_back(entry.tenant);
  if (entry.reply != nullptr && entry.reply->wait_for && entry.reply->failure.code == errc::none) {
    waiters_.arm(*entry.reply, entry.slot);
    return;
  }
  // Of what could not be kept the journal has said so. What was kept before the store failed is
  // told like everything else.
  const bool is_durable = entry.is_change && entry.change.transition.sequence != 0 &&
                          entry.result.answer != answer::ignored;
  if (is_durable) {
    const transition& t = entry.change.transition;
    core_.counts.last_sequence.store(t.sequence, std::memory_order_relaxed);
    core_.index.move(entry.slot, t.from, t.to);
    core_.index.tell_reasons(entry.slot, entry.change.before, entry.change.record);
    // Not before: whoever asks for the name until then is answered by the function, once its end is
    // durable.
    if (t.to == pairs::absent) core_.forget_name(*entry.function);
    if (core_.has_observers() && !(mutated(mutant::event_gap) && t.from == t.to)) {
      if (t.name.empty()) entry.change.transition.name = entry.function->name();
      core_.observe([&t](observer& o) { o.on_transition(t); });
    }
    waiters_.fire(t, entry.change, entry.slot, entry.function->name());
  }
  // The caller hears of it before anything comes of it.
  if (entry.reply != nullptr) {
    entry.reply->sequence = entry.change.transition.sequence;
    entry.reply->answered();
  }
  if (is_durable) {
    order(entry);
    note_usage(entry);
  }
}

void delivery::order(journal_entry& entry) {
  const outcome& result = entry.result;
  if (mutated(mutant::release_of_owned) && result.has(effect::swap))
    entry.release.number = result.next.held;
  if (entry.release.number != 0) core_.provisioner->release(entry.release);
  if (entry.draining_until != timestamp{}) {
    if (const auto drained = core_.pool->draining.settle(entry.slot, entry.generation)) {
      core_.provisioner->release(*drained);
    }
  }
  // A failed attempt was released by the provisioner before it said so.
  const bool told_by_provisioner = entry.change.transition.cause == cause::provider;
  if (entry.abandon.number != 0 && !told_by_provisioner) core_.provisioner->release(entry.abandon);
  if (result.start == 0) return;
  auto* start = new start_attempt;
  start->request.token = {entry.change.transition.uid, result.start};
  start->request.kind = result.has(effect::provision) ? attempt_kind::create
                        : result.has(effect::update)  ? attempt_kind::update
                                                      : attempt_kind::restore;
  start->request.epoch = entry.change.epoch;
  start->request.name = entry.function->name();
  start->request.tenant = entry.change.tenant;
  start->document_version = result.has(effect::restore) ? result.next.version : result.next.attempt;
  start->who = entry.who;
  start->preferred = waiters_.anyone_waits_for(entry.slot);
  core_.provisioner->post(start);
}

void delivery::note_usage(journal_entry& entry) {
  const transition& t = entry.change.transition;
  const bool was_active = t.from.state == state::active;
  const bool is_active = t.to.state == state::active;
  const bool is_gone = t.to == pairs::absent;
  if ((was_active || !is_active) && !is_gone && entry.draining_until == timestamp{}) return;
  if (usage_ == nullptr) usage_ = std::make_unique<usage_changed>();
  if (entry.draining_until != timestamp{}) usage_->draining_until.push_back(entry.draining_until);
  if (is_gone) {
    entry.function->leave(entry.exit_reason);
    usage_->removed.push_back(std::move(entry.who));
  } else if (is_active && !was_active) {
    usage_->active.push_back(std::move(entry.who));
  }
}

}  // namespace fsm::detail
