#include "simulation/model.hpp"

#include "simulation/legal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fsm::simulated {

namespace {

[[nodiscard]] bool brings_success(event what) {
  return what == event::provision_succeeded || what == event::update_succeeded ||
         what == event::restore_succeeded;
}
[[nodiscard]] bool brings_failure(event what) {
  return what == event::provision_failed || what == event::update_failed ||
         what == event::restore_failed;
}

}  // namespace

void model::expect(bool holds, const char* what, std::uint64_t uid, std::uint64_t number) {
  if (!holds) fail_(fmt::format("{} (function {}, {})", what, uid, number));
}

void model::follow(const options& how) { how_ = how; }

const simulated_function* model::find(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &functions_.at(found->second);
}

const simulated_function* model::find(std::uint64_t uid) const {
  const auto found = functions_.find(uid);
  return found == functions_.end() ? nullptr : &found->second;
}

std::vector<attempt_token> model::owned() const {
  std::vector<attempt_token> all;
  for (const auto& [uid, f] : functions_) {
    if (!f.is_gone && f.record.held != 0) all.push_back({uid, f.record.held});
  }
  return all;
}

void model::count_row(const lifecycle_record& before, event what) {
  const outcome said =
      step(before, {.event = what, .at = clock_.now(), .attempt = before.attempt}, how_.policy);
  if (said.rule == nullptr) return;
  const auto at = static_cast<std::size_t>(said.rule - lifecycle.data());
  rows_[at / 64] |= std::uint64_t{1} << (at % 64);
}

// -- the store ------------------------------------------------------------------------------------

void model::on_opened(const store::opened& what) {
  expect(what.epoch > epoch_, "an epoch came twice", 0, what.epoch);
  expect(what.last_sequence == log_.size(), "the store has lost or made up transitions", 0,
         what.last_sequence);
  epoch_ = what.epoch;
  // What was used since the idle clocks were last written back may be forgotten.
  for (auto& [uid, f] : functions_) {
    f.used_at = stored_use_[uid];
    f.used_at_latest = clock_.now();
  }
}

void model::on_kept(const commit_batch& batch) {
  expect(batch.epoch == epoch_, "an owner that has been replaced has committed", 0, batch.epoch);
  // A release that is owed is noted before the failure that it comes from is told.
  for (const note& n : batch.notes) {
    if (n.kind == note_kind::release_owed) remembered_.insert({n.uid, n.number});
  }
  for (const change* c : batch.changes) {
    const auto found = functions_.find(c->transition.uid);
    check_change(*c, found == functions_.end() ? nullptr : &found->second);
    keep(*c);
  }
  for (const note& n : batch.notes) on_note(n);
}

void model::check_change(const change& c, const simulated_function* known) {
  const transition& t = c.transition;
  expect(c.epoch == epoch_, "a change of an owner that has been replaced was kept", t.uid,
         t.sequence);
  const lifecycle_record before = known == nullptr ? lifecycle_record{} : known->record;
  expect(t.sequence == log_.size() + 1, "a sequence is missing or came twice", t.uid, t.sequence);
  expect(t.previous == (known == nullptr ? 0 : known->last_sequence),
         "a transition does not follow the one before", t.uid, t.sequence);
  expect(c.before == before && t.from == before.pair,
         "a transition starts from what the function is not", t.uid, t.sequence);
  expect(c.record.pair == t.to && c.record.revision == t.revision,
         "record and transition do not agree", t.uid, t.sequence);
  expect(is_legal(t.from, t.event, t.to), "an illegal transition", t.uid, t.sequence);
  expect(t.revision == before.revision + (t.event == event::configure ? 0 : 1),
         "a revision was left out or came twice", t.uid, t.revision);
  if (t.from == pairs::absent)
    expect(!names_.contains(t.name), "two functions have one name", t.uid, t.sequence);
  const attempt_token token{t.uid, before.attempt};
  if (brings_success(t.event)) {
    expect(made_.contains(token) && c.record.held == before.attempt,
           "a success that the provider did not tell", t.uid, before.attempt);
  }
  if (brings_failure(t.event) && tried_.contains(token)) {
    expect(remembered_.contains(token) || c.owed_releases[0] == token.number ||
               c.owed_releases[1] == token.number,
           "a failed attempt whose release nobody remembers", t.uid, before.attempt);
  }
  if (t.event != event::idle_due || known == nullptr) return;
  expect(t.at - known->used_at >= how_.idle_after, "reclaimed before its idle time was over", t.uid,
         t.sequence);
  for (const auto& [id, r] : running_) {
    if (r.epoch != c.epoch || r.resource != attempt_token{t.uid, before.held}) continue;
    expect(r.at + how_.admission_timeout <= t.at, "reclaimed while an invocation ran", t.uid, id);
  }
}

void model::keep(const change& c) {
  const transition& t = c.transition;
  simulated_function& f = functions_[t.uid];
  count_row(c.before, t.event);
  log_.push_back({.uid = t.uid,
                  .epoch = c.epoch,
                  .event = t.event,
                  .cause = t.cause,
                  .from = t.from,
                  .to = t.to,
                  .revision = t.revision});
  if (t.from == pairs::absent) {
    f.uid = t.uid;
    f.name = t.name;
    names_[t.name] = t.uid;
  }
  for (const std::uint32_t number : c.owed_releases) {
    if (number != 0) owe({t.uid, number});
  }
  f.record = c.record;
  f.last_sequence = t.sequence;
  stored_use_[t.uid] = c.last_used;
  if (t.to == pairs::absent) {
    f.is_gone = true;
    names_.erase(f.name);
  }
  keep_idle_clock(c, f);
}

void model::keep_idle_clock(const change& c, simulated_function& f) {
  const transition& t = c.transition;
  if (t.from.state == state::active || t.to.state != state::active) return;
  f.used_at = std::max(f.used_at, t.at);
  f.used_at_latest = std::max(f.used_at_latest, t.at);
}

void model::on_note(const note& n) {
  const attempt_token token{n.uid, n.number};
  switch (n.kind) {
    case note_kind::release_owed: owe(token); break;
    case note_kind::release_confirmed: owed_.erase(token); break;
    case note_kind::used: stored_use_[n.uid] = std::max(stored_use_[n.uid], n.at); break;
    case note_kind::owner_alive: break;
  }
}

// -- owners ---------------------------------------------------------------------------------------

void model::on_event(std::uint64_t epoch, std::uint64_t delivered, const transition& t) {
  expect(t.sequence == delivered + 1, "an event is missing or came twice", t.uid, t.sequence);
  if (t.sequence == 0 || t.sequence > log_.size())
    return expect(false, "an event was told that is not durable", t.uid, t.sequence);
  const logged& kept = log_[t.sequence - 1];
  expect(kept.epoch == epoch && kept.uid == t.uid && kept.event == t.event && kept.to == t.to,
         "an event was told that is not the one that was kept", t.uid, t.sequence);
}

void model::owner_ended(std::uint64_t epoch) {
  std::erase_if(calls_, [epoch](const auto& c) { return c.first.first == epoch; });
  std::erase_if(tries_, [epoch](const auto& t) { return t.first.first == epoch; });
  std::erase_if(running_, [epoch](const auto& r) { return r.second.epoch == epoch; });
}

// -- the provider ---------------------------------------------------------------------------------

void model::on_try(const provision_request& what) {
  attempt_tries& tries = tries_[{what.epoch, what.token.uid}];
  if (tries.token != what.token) tries = {what.token, clock_.now(), {}};
  tries.at = clock_.now();
}

void model::on_call(const provider_call& what) {
  const std::pair of{what.epoch, what.token.uid};
  provider_calls& calls = calls_[of];
  const bool is_next_try =
      calls.latest.token == what.token && calls.latest.is_release == what.is_release;
  if (!calls.is_answered) {
    const timestamp now = clock_.now();
    const provisioner_options& limits = how_.provisioner;
    const bool has_met_its_end =
        now >= calls.at + limits.attempt_timeout ||
        (!calls.latest.is_release && now >= calls.first_at + limits.provision_deadline);
    // Releases do not say which try they are: it may be another release of the same.
    const bool may_be_done = calls.has_succeeded && (!is_next_try || what.is_release);
    expect(has_met_its_end || may_be_done, "two calls for one function at a time", what.token.uid,
           what.token.number);
  }
  if (what.is_release) {
    check_release(what);
    calls.at = clock_.now();
  } else {
    check_provision(what, calls);
    tried_.insert(what.token);
    calls.at = tries_[of].at;
    calls.first_at = tries_[of].first_at;
  }
  calls.latest = what;
  calls.is_answered = false;
  if (!is_next_try) calls.has_succeeded = false;
}

void model::check_release(const provider_call& what) {
  // The provider knows what to do with one of an owner that has been replaced.
  if (what.epoch != 0 && what.epoch < epoch_) return;
  const simulated_function* const f = find(what.token.uid);
  expect(f == nullptr || f->is_gone || f->record.held != what.token.number,
         "resources are released that the function owns", what.token.uid, what.token.number);
  for (const auto& [id, r] : running_) {
    if (r.epoch != what.epoch || r.resource != what.token) continue;
    expect(r.at + how_.admission_timeout <= clock_.now(),
           "resources are released that an invocation runs on", what.token.uid, what.token.number);
  }
}

void model::check_provision(const provider_call& what, const provider_calls& before) {
  const simulated_function* const f = find(what.token.uid);
  expect(f != nullptr && what.token.number != 0 && what.token.number <= f->record.attempt,
         "an attempt that nobody ordered", what.token.uid, what.token.number);
  expect(what.try_number <= how_.provisioner.attempts_max, "more tries than allowed",
         what.token.uid, what.try_number);
  if (!before.latest.is_release && before.latest.token == what.token) {
    // A try whose document could not be read has not come this far.
    expect(what.try_number > before.latest.try_number, "tries are not counted", what.token.uid,
           what.try_number);
  }
}

void model::on_answer(const provider_call& what, bool succeeded) {
  const auto found = calls_.find({what.epoch, what.token.uid});
  if (found != calls_.end() && found->second.latest.token == what.token &&
      found->second.latest.is_release == what.is_release) {
    found->second.is_answered = true;  // Also if an earlier try is what is answered.
    if (succeeded) found->second.has_succeeded = true;
  }
  if (succeeded && !what.is_release) made_.insert(what.token);
}

// -- callers --------------------------------------------------------------------------------------

std::uint64_t model::admitted(std::uint64_t epoch, const attempt_token& resource) {
  const auto f = functions_.find(resource.uid);
  if (f == functions_.end()) {
    expect(false, "an invocation of what was never created", resource.uid, resource.number);
    return 0;
  }
  // Under a new owner, an old one may still admit.
  if (epoch == epoch_) {
    expect(!f->second.is_gone && f->second.record.pair.state == state::active,
           "an invocation was admitted by a function that is not Active", resource.uid,
           resource.number);
    expect(f->second.record.held == resource.number, "an invocation runs on what is not held",
           resource.uid, resource.number);
    f->second.used_at = f->second.used_at_latest = clock_.now();
  }
  running_[++last_running_] = {epoch, resource, clock_.now()};
  return last_running_;
}

void model::completed(std::uint64_t id) {
  const auto r = running_.find(id);
  if (r == running_.end()) return;
  const auto f = functions_.find(r->second.resource.uid);
  if (f != functions_.end() && r->second.epoch == epoch_) f->second.used_at_latest = clock_.now();
  running_.erase(r);
}

void model::may_have_used(std::uint64_t uid) {
  const auto f = functions_.find(uid);
  if (f != functions_.end()) f->second.used_at_latest = clock_.now();
}

bool model::has_running(std::uint64_t uid) const {
  return std::any_of(running_.begin(), running_.end(),
                     [uid](const auto& r) { return r.second.resource.uid == uid; });
}

}  // namespace fsm::simulated
