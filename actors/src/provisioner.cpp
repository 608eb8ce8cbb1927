#include "provisioner.hpp"

#include "assert.hpp"
#include "core.hpp"
#include "journal.hpp"

#include <algorithm>

namespace fsm::detail {

namespace {

/// Functions that are worked on while there is more to resume: enough to keep all places taken, and
/// few enough that callers are not far behind.
std::size_t resumed_max(const provisioner_options& how) noexcept { return 2 * how.in_flight_max; }

}  // namespace

provisioner::provisioner(caf::actor_config& how, core& o)
    : compact_actor{how},
      core_{o},
      options_{o.how.provisioner},
      turns_{options_.in_flight_max, o.sharing},
      random_{o.how.seed},
      alarm_{o.clock, [this] { post(new provisioner_tick); }} {}

void provisioner::release(attempt_token token) noexcept {
  auto* what = new release_attempt;
  what->token = token;
  post(what);
}

void provisioner::handle(internal_message* what) noexcept {
  if (auto* answered = as<try_answered>(what)) {
    on_answer(*answered);
  } else if (auto* read = as<document_read>(what)) {
    on_document(*read);
  } else if (auto* start = as<start_attempt>(what)) {
    on_start(*start);
  } else if (auto* gone = as<release_attempt>(what)) {
    on_release(gone->token);
  } else if (auto* wanted = as<prefer_attempt>(what)) {
    on_prefer(wanted->uid);
  } else if (const auto* asked = as<attempt_asked>(what)) {
    attempt_question& question = *asked->question;
    question.answer = find_attempt(question.uid);
    question.here.signal();  // It may be gone from here on.
  } else if (auto* owed = as<resume_work>(what)) {
    recovered_ = std::move(owed->work);
    tally::raise(core_.counts.releases_owed, recovered_.releases());
  } else {
    on_tick();
  }
  delete what;
}

void provisioner::after_batch() noexcept {
  // What is answered inside the call makes room for more.
  do {
    resume_some();
    fill_places();
  } while (recovered_.size() != 0 && lanes_.size() < resumed_max(options_));
  resume_others();
  FSM_ASSERT(turns_.taken() <= options_.in_flight_max &&
             releases_in_flight_ <= options_.in_flight_max);
  if (!timers_.empty()) alarm_.at_latest(timers_.begin()->first);
  if (!blocked_.empty()) alarm_.at_latest(blocked_.begin()->first);
}

// -- what is owed ---------------------------------------------------------------------------------

void provisioner::on_start(start_attempt& what) {
  resume(what.request.token.uid, false);
  const tenant_index tenant = static_cast<const function_actor&>(*what.who->get()).tenant();
  job j{.request = std::move(what.request),
        .who = std::move(what.who),
        .document_version = what.document_version,
        .tenant = tenant,
        .preferred = what.preferred,
        .ordered_at = core_.clock->now()};
  if (!try_at_once(j)) return;
  core_.attempts.give_back(tenant);
  tell_observers(j, true, reason_code::none, 1, j.ordered_at);
  tell_function(j, true, reason_code::none, {});
}

bool provisioner::try_at_once(job& what) {
  const std::uint64_t uid = what.request.token.uid;
  const bool has_place = what.is_release
                             ? releases_.empty() && releases_in_flight_ < options_.in_flight_max
                             : turns_.may_go_at_once(what.tenant);
  if (!has_place || lanes_.contains(uid)) {
    owe(std::move(what));
    return false;
  }
  if (!what.is_release) turns_.had_turn(what.tenant);
  what.order = ++orders_;
  what.request.try_number = 1;
  const std::unique_ptr<try_answered> answered = call_provider(what);
  if (answered != nullptr && answered->result == completion::result::succeeded) {
    if (!what.is_release) turns_.answered(what.tenant);
    return true;
  }
  // From here on like any other one that has been called.
  lane& l = *(lanes_[uid] = std::make_unique<lane>());
  if (what.is_release) tally::raise(core_.counts.releases_owed);
  l.jobs.push_back(std::move(what));
  l.phase = phase::queued;
  take_place(l);
  begin_calling(uid, l);
  if (answered != nullptr) on_answer(*answered);
  return false;
}

void provisioner::on_release(attempt_token token) {
  resume(token.uid, false);
  // An earlier try that is answered from now on has made anew what is released here.
  if (const auto known = fates_.find(token); known != fates_.end()) known->second.kept = false;
  bool was_tried = true;
  bool is_to_come = false;
  if (const auto found = lanes_.find(token.uid); found != lanes_.end()) {
    lane& l = *found->second;
    for (std::size_t i = 0; i < l.jobs.size(); ++i) {
      job& j = l.jobs[i];
      if (j.request.token != token) continue;
      if (j.is_release) {
        // One that is under way may have looked before there was anything to release.
        is_to_come = i > 0 || l.phase != phase::calling;
        continue;
      }
      is_to_come = false;  // That one comes before what the attempt may make.
      j.given_up = true;
      if (i > 0 || l.phase != phase::calling) {
        was_tried = j.is_recovered || (i == 0 && l.tries > 0);
        if (i == 0) {
          remember_fate(l, false);
          drop_first(token.uid, l);
        } else {
          core_.attempts.give_back(j.tenant);
          l.jobs.erase(l.jobs.begin() + static_cast<std::ptrdiff_t>(i));
        }
      }
      break;
    }
  }
  if (is_to_come) return;
  if (!was_tried) {
    note_release(note_kind::release_confirmed, token);
    return;
  }
  job release;
  release.is_release = true;
  release.request.token = token;
  if (try_at_once(release)) note_release(note_kind::release_confirmed, token);
}

void provisioner::note_release(note_kind what, const attempt_token& token) noexcept {
  core_.journal->keep({.kind = what, .uid = token.uid, .number = token.number});
}

void provisioner::owe(job what) {
  const std::uint64_t uid = what.request.token.uid;
  std::unique_ptr<lane>& l = lanes_[uid];
  if (l == nullptr) l = std::make_unique<lane>();
  if (what.is_release) tally::raise(core_.counts.releases_owed);
  if (!l->jobs.empty() && !what.is_release) {
    // Behind a release that may never be confirmed: then it fails rather than wait for ever.
    blocked_.emplace(core_.clock->now() + options_.provision_deadline, what.request.token);
  }
  l->jobs.push_back(std::move(what));
  if (l->jobs.size() == 1) begin_first(uid, *l);
}

void provisioner::begin_first(std::uint64_t uid, lane& l) {
  l.phase = phase::queued;
  l.tries = 0;
  l.unanswered = 0;
  if (l.in_queue) return;
  l.in_queue = true;
  const job& first = l.jobs.front();
  if (first.is_release) {
    releases_.push_back(uid);
  } else {
    turns_.add(first.tenant, uid, first.preferred);
  }
}

void provisioner::drop_first(std::uint64_t uid, lane& l) {
  FSM_ASSERT(!l.jobs.empty());
  job& first = l.jobs.front();
  clear_timer(l);
  give_place_back(l);
  if (first.is_release) {
    tally::lower(core_.counts.releases_owed);
  } else {
    core_.attempts.give_back(first.tenant);
  }
  l.jobs.erase(l.jobs.begin());
  l.in_queue = false;
  if (l.jobs.empty()) {
    lanes_.erase(uid);
  } else {
    begin_first(uid, l);
  }
}

void provisioner::on_prefer(std::uint64_t uid) {
  resume(uid, true);
  const auto found = lanes_.find(uid);
  if (found == lanes_.end()) return;
  const lane& l = *found->second;
  if (l.phase != phase::queued || l.jobs.front().is_release) return;
  // Its other place in the queue is skipped when it comes up.
  turns_.add(l.jobs.front().tenant, uid, true);
}

std::optional<attempt_status> provisioner::find_attempt(std::uint64_t uid) const {
  attempt_status seen;
  seen.tries_max = options_.attempts_max;
  if (const recovered_job* const owed = recovered_.find_attempt(uid)) {
    seen.token = owed->token;
    seen.kind = owed->kind;
    seen.phase = attempt_phase::queued;
    return seen;
  }
  const auto found = lanes_.find(uid);
  if (found == lanes_.end()) return std::nullopt;
  const lane& l = *found->second;
  const auto wanted = [](const job& j) { return !j.is_release && !j.given_up; };
  const auto j = std::find_if(l.jobs.begin(), l.jobs.end(), wanted);
  if (j == l.jobs.end()) return std::nullopt;
  seen.token = j->request.token;
  seen.kind = j->request.kind;
  if (j != l.jobs.begin()) {
    seen.phase = attempt_phase::blocked;
    for (const auto& [until, token] : blocked_) {
      if (token == seen.token) seen.gives_up_at = until;
    }
    return seen;
  }
  seen.phase = l.phase == phase::queued    ? attempt_phase::queued
               : l.phase == phase::calling ? attempt_phase::calling
                                           : attempt_phase::pausing;
  seen.tries = l.tries;
  if (l.has_timer) seen.next = l.timer->first;
  if (l.tries > 0) seen.gives_up_at = l.give_up_at;
  return seen;
}

// -- what an earlier owner owed -------------------------------------------------------------------

void provisioner::resume_some() {
  while (recovered_.size() != 0 && lanes_.size() < resumed_max(options_))
    resume(recovered_.take_next(), false);
}

void provisioner::resume_others() {
  const bool has_free = turns_.taken() < options_.in_flight_max && turns_.anyone_waits();
  if (recovered_.size() == 0 || !has_free) return;
  // All that was resumed is of tenants that have their share.
  for (std::size_t i = 0; i < options_.in_flight_max; ++i) resume(recovered_.take_next(), false);
  post(new provisioner_tick);
}

void provisioner::resume(std::uint64_t uid, bool preferred) {
  if (recovered_.size() != 0) resume(recovered_.take(uid), preferred);
}

void provisioner::resume(std::vector<recovered_job> jobs, bool preferred) {
  for (recovered_job& owed : jobs) {
    job j;
    j.request.token = owed.token;
    j.is_recovered = true;
    j.is_release = owed.who == nullptr;
    if (!j.is_release) {
      const auto& function = static_cast<const function_actor&>(*owed.who->get());
      j.request.kind = owed.kind;
      j.request.epoch = core_.epoch;
      j.request.name = function.name();
      j.tenant = function.tenant();
      j.request.tenant = core_.tenants[j.tenant];
      j.document_version = owed.document_version;
      j.preferred = preferred;
      j.who = std::move(owed.who);
      j.ordered_at = core_.clock->now();
    } else {
      tally::lower(core_.counts.releases_owed);  // It is counted anew.
    }
    owe(std::move(j));
  }
}

// -- places in flight -----------------------------------------------------------------------------

void provisioner::fill_places() {
  // What is answered inside the call may leave something of the other kind behind.
  do {
    begin_releases();
    begin_attempts();
  } while (!releases_.empty() && releases_in_flight_ < options_.in_flight_max);
}

void provisioner::begin_releases() {
  while (releases_in_flight_ < options_.in_flight_max && !releases_.empty()) {
    const std::uint64_t uid = releases_.front();
    releases_.pop_front();
    const auto found = lanes_.find(uid);
    if (found == lanes_.end()) continue;
    lane& l = *found->second;
    if (l.phase != phase::queued || !l.jobs.front().is_release) continue;
    take_place(l);
    begin_try(uid, l);
  }
}

void provisioner::begin_attempts() {
  std::uint64_t uid = 0;
  while (turns_.taken() < options_.in_flight_max) {
    lane* l = next_in_turn(uid);
    if (l == nullptr) return;
    take_place(*l);
    begin_try(uid, *l);
  }
}

void provisioner::take_place(lane& l) {
  FSM_ASSERT(!l.has_place);
  l.has_place = true;
  const job& first = l.jobs.front();
  if (first.is_release) {
    ++releases_in_flight_;
    return;
  }
  turns_.take_place(first.tenant);
  tally::raise(core_.counts.attempts_in_flight);
}

void provisioner::give_place_back(lane& l) {
  if (!l.has_place) return;
  l.has_place = false;
  const job& first = l.jobs.front();
  if (first.is_release) {
    --releases_in_flight_;
    return;
  }
  turns_.give_place_back(first.tenant);
  tally::lower(core_.counts.attempts_in_flight);
}

provisioner::lane* provisioner::next_in_turn(std::uint64_t& uid) {
  while (const std::optional<std::uint64_t> turn = turns_.next()) {
    uid = *turn;
    const auto found = lanes_.find(uid);
    if (found == lanes_.end()) continue;
    lane& l = *found->second;
    if (l.phase == phase::queued && !l.jobs.front().is_release) return &l;
  }
  return nullptr;
}

}  // namespace fsm::detail
