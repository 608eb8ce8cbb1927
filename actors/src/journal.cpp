#include "journal.hpp"

#include "assert.hpp"
#include "core.hpp"
#include "delivery.hpp"
#include "mutant.hpp"
#include "waiters.hpp"

#include <algorithm>
#include <utility>

namespace fsm::detail {

void journal::handle(internal_message* what) noexcept {
  if (auto* entry = as<journal_entry>(what)) {
    gathered_.push_back(entry);
    return;
  }
  if (const auto* noted = as<keep_notes>(what)) {
    gathered_notes_.insert(gathered_notes_.end(), noted->notes.begin(), noted->notes.end());
  } else if (const auto* answered = dynamic_cast<const store_answered*>(what)) {
    if (abandoned_.empty()) on_answer(answered->result);
  } else {
    give_up();
  }
  delete what;
}

void journal::keep(std::vector<note> what) noexcept {
  if (!core_.store->keeps_documents()) return;
  auto* noted = new keep_notes;
  noted->notes = std::move(what);
  post(noted);
}

void journal::after_batch() noexcept {
  while (!commit_under_way_ && !(gathered_.empty() && gathered_notes_.empty())) commit_gathered();
}

void journal::commit_gathered() noexcept {
  FSM_ASSERT(writing_.empty());
  const std::size_t count = std::min(gathered_.size(), batch_max);
  writing_.assign(gathered_.begin(), gathered_.begin() + static_cast<std::ptrdiff_t>(count));
  gathered_.erase(gathered_.begin(), gathered_.begin() + static_cast<std::ptrdiff_t>(count));

  changes_.clear();
  for (journal_entry* entry : writing_) {
    if (entry->is_change) {
      entry->change.epoch = epoch_;
      entry->change.transition.sequence = ++sequence_;
      entry->change.transition.previous = entry->function->follow_with(sequence_);
      changes_.push_back(&entry->change);
    } else if (entry->function != nullptr && entry->reply != nullptr && entry->reply->wait_for) {
      static_cast<wait_call&>(*entry->reply).seen = entry->function->last_sequence();
    }
  }
  const auto last_note = gathered_notes_.begin() +
                         static_cast<std::ptrdiff_t>(std::min(gathered_notes_.size(), batch_max));
  notes_.assign(gathered_notes_.begin(), last_note);
  gathered_notes_.erase(gathered_notes_.begin(), last_note);
  if (broken_) {
    on_answer(
        unexpected({errc::outcome_unknown, "the store has failed; restart to see what it holds"}));
    return;
  }
  if (changes_.empty() && notes_.empty()) {
    on_answer({});
    return;
  }
  commit_under_way_ = true;
  if (core_.has_observers()) commit_began_ = core_.clock->ticks();
  core_.busy(false);  // Until the store has answered.
  // A store that answers inside the call is done with at once; any other sends itself a message.
  struct rendezvous {
    std::atomic<int> meetings{0};
    expected<void> result;
  };
  auto meeting = std::make_shared<rendezvous>();
  const commit_batch batch{
      .changes = changes_, .notes = notes_, .epoch = epoch_, .at = core_.clock->now()};
  core_.store->commit(batch, [this, meeting, where = core_.weak_from_this(),
                              keep = caf::strong_actor_ptr{ctrl()}](expected<void> result) {
    if (!mutated(mutant::acked_though_failed)) meeting->result = std::move(result);
    if (meeting->meetings.fetch_add(1, std::memory_order_acq_rel) == 0) return;
    const std::shared_ptr<core> alive = where.lock();
    if (alive == nullptr) return;
    const epoch_domain::pin pinned{alive->pool->epochs};
    if (alive->pool->owner() == nullptr)
      return;  // Stopped: it came after the runtime's patience had ended.
    auto* answered = new store_answered;
    answered->result = std::move(meeting->result);
    post(answered);
  });
  if (meeting->meetings.fetch_add(1, std::memory_order_acq_rel) == 1) on_answer(meeting->result);
}

void journal::give_up() noexcept {
  if (!commit_under_way_) return;
  abandoned_changes_ = std::move(changes_);
  abandoned_notes_ = std::move(notes_);
  for (journal_entry*& entry : writing_) {
    // The store still has the change; only the answer goes on.
    abandoned_.emplace_back(entry);
    auto* told = new journal_entry;
    told->who = entry->who;
    told->function = entry->function;
    told->tenant = entry->tenant;
    told->is_change = entry->is_change;
    told->reply = std::exchange(entry->reply, nullptr);
    entry = told;
  }
  on_answer(unexpected(
      {errc::outcome_unknown, "the store did not answer before the runtime was stopped"}));
}

void journal::on_answer(const expected<void>& result) noexcept {
  if (commit_under_way_) {
    commit_under_way_ = false;
    core_.quiet(false);
  }
  if (!result && !broken_) {
    broken_ = true;
    core_.store_failed(result.error());
  }
  if (result) tell_commit();
  for (journal_entry* entry : writing_) {
    if (!result && entry->is_told_by_the_store()) {
      // Neither success nor "nothing happened": what the store holds is only known after a restart.
      entry->result.answer = answer::ignored;
      if (entry->reply != nullptr) {
        entry->reply->failure = {errc::outcome_unknown, result.error().message};
      }
    } else if (entry->is_change) {
      entry->function->settled_one();
    }
  }
  core_.delivery->post_all(writing_);
  writing_.clear();
}

void journal::tell_commit() noexcept {
  const auto began = std::exchange(commit_began_, std::nullopt);
  if (!began) return;
  auto* told = new batch_committed;
  told->what = {.transitions = static_cast<std::uint32_t>(changes_.size()),
                .notes = static_cast<std::uint32_t>(notes_.size()),
                .took = core_.clock->ticks() - *began};
  core_.delivery->post(told);
}

}  // namespace fsm::detail
