// Tries: how the provider is called, and what its answers mean.
#include "assert.hpp"
#include "completion_state.hpp"
#include "core.hpp"
#include "journal.hpp"
#include "mutant.hpp"
#include "provisioner.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace fsm::detail {

namespace {

/// How long a late answer to an attempt that is over is still told apart from one that nobody
/// knows.
constexpr duration fate_kept_for = std::chrono::hours{1};

/// Runs a call of the provider's; an exception answers it.
template <class Call>
void call_guarded(completion& done, Call call) {
  if (!guarded(call)) done.transient("the resource provider threw an exception");
}

}  // namespace

void provisioner::begin_try(std::uint64_t uid, lane& l) {
  FSM_ASSERT(!l.jobs.empty() && l.phase != phase::calling);
  begin_calling(uid, l);
  if (const auto answered = call_provider(l.jobs.front())) on_answer(*answered);
}

/// Everything about a try but the call.
void provisioner::begin_calling(std::uint64_t uid, lane& l) {
  job& j = l.jobs.front();
  const timestamp now = core_.clock->now();
  if (l.tries == 0 && !j.is_release) l.give_up_at = now + options_.provision_deadline;
  l.phase = phase::calling;
  l.in_queue = false;
  if (mutated(mutant::retry_with_new_token) && l.tries > 0) ++j.request.token.number;
  ++l.tries;
  ++l.unanswered;
  if (j.order == 0) j.order = ++orders_;
  j.request.try_number = l.tries;
  const timestamp end = now + options_.attempt_timeout;
  set_timer(uid, l, j.is_release ? end : std::max(now, std::min(end, l.give_up_at)));
}

/// The answer to a call, as a message. Whoever comes second, the answer or the end of the call,
/// goes on with it: so an answer that is given inside the call needs no message.
template <class Message>
class call_answer {
public:
  explicit call_answer(core& o) : where_{o.weak_from_this()} {}

  /// Until it has come.
  [[nodiscard]] Message& message() noexcept { return *message_; }

  void has_come() {
    if (!is_second()) return;
    const std::shared_ptr<core> o = where_.lock();
    if (o == nullptr) return;
    const epoch_domain::pin pinned{o->pool->epochs};
    if (o->pool->owner() == nullptr) return;  // Stopped: it is up to the next start.
    o->provisioner->post(message_.release());
  }

  /// The call has returned. The answer, if there is one already.
  [[nodiscard]] std::unique_ptr<Message> call_ended() {
    return is_second() ? std::move(message_) : nullptr;
  }

private:
  [[nodiscard]] bool is_second() noexcept {
    return came_.fetch_add(1, std::memory_order_acq_rel) == 1;
  }

  std::weak_ptr<core> where_;
  std::unique_ptr<Message> message_ = std::make_unique<Message>();
  std::atomic<int> came_{0};
};

class provider_answer final : public completion::state, public call_answer<try_answered> {
public:
  provider_answer(core& o, const attempt_token& token, bool for_release, std::uint64_t order,
                  std::uint32_t try_number)
      : call_answer{o} {
    message().token = token;
    message().for_release = for_release;
    message().order = order;
    message().try_number = try_number;
  }

private:
  void deliver(completion::result result, reason_code reason, std::string text) override {
    message().result = result;
    message().reason = reason;
    message().text = std::move(text);
    has_come();
  }
};

std::unique_ptr<try_answered> provisioner::call_provider(const job& j) {
  const auto answer = std::allocate_shared<provider_answer>(message_allocator<provider_answer>{},
                                                            core_, j.request.token, j.is_release,
                                                            j.order, j.request.try_number);
  call_provider(j, completion{answer});
  return answer->call_ended();
}

void provisioner::call_provider(const job& j, completion done) {
  resource_provider& provider = *core_.provider;
  if (j.is_release) {
    call_guarded(done, [&] { provider.release_for(j.request.token, core_.epoch, done); });
    return;
  }
  core_.observe([&j](observer& o) { o.on_attempt(j.request); });
  if (!core_.store->keeps_documents() || !provider.wants_documents()) {
    call_guarded(done, [&] { provider.provision(j.request, done); });
    return;
  }
  using reading = call_answer<document_read>;
  const auto answer = std::allocate_shared<reading>(message_allocator<reading>{}, core_);
  answer->message().token = j.request.token;
  answer->message().try_number = j.request.try_number;
  answer->message().done = std::move(done);
  core_.store->read_document(j.request.token.uid, j.document_version,
                             [answer](expected<std::string> document) {
                               answer->message().document = std::move(document);
                               answer->has_come();
                             });
  if (const auto read = answer->call_ended()) provision(j, *read);
}

void provisioner::provision(const job& j, document_read& what) {
  if (!what.document) {
    what.done->transient("the document could not be read: " + what.document.error().message);
    return;
  }
  provision_request request = j.request;
  request.document = *std::move(what.document);
  call_guarded(*what.done, [&] { core_.provider->provision(request, *what.done); });
}

/// The try may be over by now, and the next call under way.
void provisioner::on_document(document_read& what) {
  const auto found = lanes_.find(what.token.uid);
  const lane* const l = found == lanes_.end() ? nullptr : found->second.get();
  const bool is_wanted = l != nullptr && l->phase == phase::calling &&
                         l->jobs.front().request.token == what.token &&
                         !l->jobs.front().is_release && !l->jobs.front().given_up &&
                         l->tries == what.try_number && core_.clock->now() < l->timer->first;
  if (!is_wanted) return what.done->transient("the document was read too late");
  provision(l->jobs.front(), what);
}

/// An answer to an earlier release of the same token says nothing of what was made since then.
bool provisioner::is_about(const job& j, const try_answered& what) {
  if (j.is_release != what.for_release) return false;
  if (mutated(mutant::stale_answer_accepted)) return true;
  return j.is_release ? j.order == what.order : j.request.token == what.token;
}

void provisioner::on_answer(try_answered& what) {
  const auto found = lanes_.find(what.token.uid);
  if (found == lanes_.end() || found->second->phase == phase::queued ||
      !is_about(found->second->jobs.front(), what)) {
    on_late_answer(what);
    return;
  }
  const std::uint64_t uid = what.token.uid;
  lane& l = *found->second;
  if (l.unanswered > 0) --l.unanswered;
  if (!what.for_release) turns_.answered(l.jobs.front().tenant);
  const bool is_current = l.phase == phase::calling && what.try_number == l.tries;
  if (what.result == completion::result::succeeded) {
    // Also when it answers an earlier try: what it made carries the same token.
    if (what.for_release) {
      note_release(note_kind::release_confirmed, what.token);
      drop_first(uid, l);
    } else {
      finish_attempt(uid, l, true, reason_code::none, {});
    }
  } else if (!is_current) {
    return;  // An earlier try failed; the current one decides.
  } else if (what.result == completion::result::transient || what.for_release) {
    try_failed(uid, l, std::move(what.text));
  } else {
    finish_attempt(uid, l, false, what.reason, std::move(what.text));
  }
}

void provisioner::on_late_answer(const try_answered& what) {
  if (what.for_release) return;
  core_.observe([&what](observer& o) { o.on_stale_completion(what.token); });
  const auto known = fates_.find(what.token);
  if (known == fates_.end()) return;
  const bool kept = known->second.kept;
  if (--known->second.unanswered == 0) fates_.erase(known);
  // It has made something for an attempt that was given up.
  if (!kept && what.result == completion::result::succeeded) on_release(what.token);
}

void provisioner::try_failed(std::uint64_t uid, lane& l, std::string text) {
  const job& j = l.jobs.front();
  const duration pause = pause_after(l);
  const timestamp again = core_.clock->now() + pause;
  const bool give_up =
      j.given_up || (!j.is_release && (l.tries >= options_.attempts_max || again >= l.give_up_at));
  if (give_up) {
    finish_attempt(uid, l, false, reason_code::internal_error, std::move(text));
    return;
  }
  l.phase = phase::pausing;
  if (j.is_release) give_place_back(l);  // It may take for ever; others must not wait for it.
  set_timer(uid, l, again);
}

void provisioner::finish_attempt(std::uint64_t uid, lane& l, bool succeeded, reason_code reason,
                                 std::string text) {
  // Given up: the release is in the lane behind it, and the function has been told otherwise.
  remember_fate(l, succeeded && !l.jobs.front().given_up);
  const std::uint32_t tries = l.tries;
  const timestamp began = l.give_up_at - options_.provision_deadline;
  job ended = std::move(l.jobs.front());
  if (!succeeded && !ended.given_up && !mutated(mutant::release_forgotten)) {
    job release;
    release.is_release = true;
    release.request.token = ended.request.token;
    note_release(note_kind::release_owed, release.request.token);
    tally::raise(core_.counts.releases_owed);
    l.jobs.insert(l.jobs.begin() + 1, std::move(release));
  }
  drop_first(uid, l);
  if (ended.given_up) return;
  tell_observers(ended, succeeded, reason, tries, began);
  tell_function(ended, succeeded, reason, std::move(text));
}

void provisioner::tell_observers(const job& j, bool succeeded, reason_code reason,
                                 std::uint32_t tries, timestamp at) {
  if (!core_.has_observers()) return;
  const attempt_result ended{.token = j.request.token,
                             .kind = j.request.kind,
                             .succeeded = succeeded,
                             .reason = reason,
                             .tries = tries,
                             .waited = at - j.ordered_at,
                             .took = core_.clock->now() - at};
  core_.observe([&ended](observer& o) { o.on_attempt_ended(ended); });
}

void provisioner::remember_fate(const lane& l, bool kept) {
  if (l.unanswered == 0) return;
  fates_[l.jobs.front().request.token] = {kept, l.unanswered, core_.clock->now() + fate_kept_for};
}

void provisioner::tell_function(job& j, bool succeeded, reason_code reason, std::string text) {
  auto* told = new tell;
  switch (j.request.kind) {
    case attempt_kind::create:
      told->what.event = succeeded ? event::provision_succeeded : event::provision_failed;
      break;
    case attempt_kind::update:
      told->what.event = succeeded ? event::update_succeeded : event::update_failed;
      break;
    case attempt_kind::restore:
      told->what.event = succeeded ? event::restore_succeeded : event::restore_failed;
      break;
  }
  told->what.at = core_.clock->now();
  told->what.attempt = j.request.token.number;
  told->what.reason = reason;
  told->why = cause::provider;
  told->text = std::move(text);
  function_of(j.who).post(told);
}

}  // namespace fsm::detail
