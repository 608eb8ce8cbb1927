#include "simulation/calls.hpp"

#include "simulation/owner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fsm::simulated {

namespace {

[[nodiscard]] bool changes_something(event what) {
  return what == event::create || what == event::update || what == event::remove ||
         what == event::tag || what == event::configure || what == event::permit ||
         what == event::publish || what == event::invoke_async;
}

/// T08 and T54: the call is refused, and cancels what is stuck.
[[nodiscard]] bool cancels_what_is_stuck(const logged& t) {
  return t.from.state == state::pending && t.to != pairs::absent &&
         (t.event == event::update || t.event == event::publish || t.event == event::republish);
}

}  // namespace

void calls::expect(bool holds, const char* what, const call& c, std::uint64_t number) {
  if (!holds) fail_(fmt::format("{} ({} of {}, {})", what, to_string(c.event), c.name, number));
}

std::uint64_t calls::add(owner& to, event what, const std::string& name) {
  call& c = open_[++last_];
  c.to = &to;
  c.event = what;
  c.name = name;
  c.sequence = model_.log().size();
  if (const simulated_function* f = model_.find(name)) {
    c.uid = f->uid;
    c.revision = f->record.revision;
  }
  trace_.add(clock_.now(), "call", to_string(what), last_, to.epoch);
  return last_;
}

runtime::view_callback calls::answer_to(std::uint64_t id) {
  return [this, id, epoch = open_[id].to->epoch](const expected<function_view>& what) {
    if (open_.contains(id)) return answered(id, what);
    if (!ended_.contains(epoch)) fail_(fmt::format("call {} was answered twice", id));
  };
}

runtime::view_callback calls::open(owner& to, event what, const std::string& name) {
  return answer_to(add(to, what, name));
}

runtime::view_callback calls::open_wait(owner& to, const condition& what, duration timeout,
                                        const std::string& name) {
  const std::uint64_t id = add(to, event::read, name);
  call& c = open_[id];
  c.is_wait = true;
  c.what = what;
  c.deadline = clock_.now() + timeout;
  return answer_to(id);
}

void calls::keep(subscription what) {
  if (const auto at = open_.find(last_); at != open_.end()) {
    at->second.cancel = std::move(what);
  } else {
    what.detach();
  }
}

void calls::cancel_one(chance& luck) {
  if (open_.empty()) return;
  const auto at = std::next(open_.begin(), static_cast<std::ptrdiff_t>(luck.below(open_.size())));
  at->second.cancel.cancel();
}

void calls::answered(std::uint64_t id, const expected<function_view>& what) {
  const auto at = open_.find(id);
  at->second.cancel.detach();
  const call c = std::move(at->second);
  open_.erase(at);
  if (c.to->is_cut) return;
  const errc code = what ? errc::none : what.error().code;
  if (id == last_) last_code_ = code;
  trace_.add(clock_.now(), "answer", what ? "ok" : to_string(code), id, what ? what->sequence : 0);
  if (code == errc::outcome_unknown || code == errc::stopped) {
    ++unknown_[{c.name, c.event}];
    return;
  }
  if (c.to->epoch != model_.epoch()) {
    // One that has been replaced may answer from what it knows, but must not confirm anything new.
    if (what && what->sequence != 0) check_claim(c, *what);
    return;
  }
  if (c.is_wait) {
    check_wait(c, what);
  } else if (what) {
    check_success(c, *what);
  } else {
    check_refusal(c, what.error());
  }
}

void calls::check_success(const call& c, const function_view& view) {
  const simulated_function* const f = model_.find(view.uid);
  expect(f != nullptr && f->name == c.name, "an answer about another function", c, view.uid);
  if (f == nullptr) return;
  if (view.sequence != 0) check_claim(c, view);
  if (view.sequence == 0) model_.count_row(f->record, c.event);
  expect(view.revision <= f->record.revision, "a revision that is not durable was told", c,
         view.revision);
  if (view.uid == c.uid)
    expect(view.revision >= c.revision, "an answer is older than its question", c, view.revision);
  if (c.event == event::invoke_async) model_.may_have_used(view.uid);
}

void calls::check_claim(const call& c, const function_view& view) {
  const bool is_told = view.sequence <= c.to->delivered && view.sequence <= model_.log().size();
  expect(is_told, "a call was answered before its transition was durable and told", c,
         view.sequence);
  if (!is_told || c.is_wait) return;
  logged& t = model_.log()[view.sequence - 1];
  expect(t.uid == view.uid && t.event == c.event && t.epoch == c.to->epoch && !t.is_claimed,
         "an answer names a transition that is not its own", c, view.sequence);
  t.is_claimed = true;
}

bool calls::has_lived_since(const call& c, bool wanted) const {
  // Was there, at some time between call and answer, a function of that name (or none)?
  const bool is_there = model_.find(c.name) != nullptr;
  if ((c.uid != 0) == wanted || is_there == wanted) return true;
  const std::vector<logged>& log = model_.log();
  return std::any_of(log.begin() + static_cast<std::ptrdiff_t>(c.sequence), log.end(),
                     [this, &c, wanted](const logged& t) {
                       if (model_.find(t.uid)->name != c.name) return false;
                       return wanted ? t.from == pairs::absent : t.to == pairs::absent;
                     });
}

void calls::check_refusal(const call& c, const error& why) {
  switch (why.code) {
    case errc::not_found:
      expect(has_lived_since(c, false), "not found, but it was there all the time", c, 0);
      break;
    case errc::already_exists:
      expect(has_lived_since(c, true), "already exists, but it was never there", c, 0);
      break;
    case errc::state_conflict:
    case errc::update_in_progress:
    case errc::revision_mismatch:
    case errc::function_pending:
    case errc::function_initializing:
    case errc::function_failed:
    case errc::too_many_requests: break;
    case errc::internal:  // The document could not be read.
      if (c.event == event::read) break;
      [[fallthrough]];
    default:
      expect(false, "an answer that makes no sense", c, static_cast<std::uint64_t>(why.code));
  }
  const simulated_function* const f = model_.find(c.name);
  model_.count_row(f != nullptr ? f->record : lifecycle_record{}, c.event);
}

void calls::check_wait(const call& c, const expected<function_view>& what) {
  const simulated_function* const f = model_.find(c.name);
  const pair now = f == nullptr ? pairs::absent : f->record.pair;
  const auto is_up_to_date = [this, &c] { return c.to->delivered == model_.log().size(); };
  if (what) {
    expect(c.what.fulfilled.contains(index_of(what->pair())),
           "a wait ended well, but not in what it waited for", c, what->revision);
    return;
  }
  switch (what.error().code) {
    case errc::timed_out:
      expect(clock_.now() >= c.deadline, "a wait timed out before its deadline", c, 0);
      if (is_up_to_date() && (f == nullptr || f->last_sequence > c.what.after))
        expect(!c.what.fulfilled.contains(index_of(now)), "a wait timed out in what it waited for",
               c, 0);
      break;
    case errc::unreachable:
    case errc::not_found:
      if (is_up_to_date() && !model_.log().empty() && model_.log().size() == c.sequence)
        expect(c.what.hopeless.contains(index_of(now)), "a wait was given up that has hope", c, 0);
      break;
    case errc::cancelled:
    case errc::too_many_requests: break;
    default:
      expect(false, "a wait ended in what makes no sense", c,
             static_cast<std::uint64_t>(what.error().code));
  }
}

void calls::owner_ended(std::uint64_t epoch) {
  ended_.insert(epoch);
  for (auto at = open_.begin(); at != open_.end();) {
    if (at->second.to->epoch != epoch) {
      ++at;
      continue;
    }
    ++unknown_[{at->second.name, at->second.event}];
    at->second.cancel.detach();
    at = open_.erase(at);
  }
}

std::size_t calls::under_way(const owner& of) const {
  const auto counts = [&of](const auto& entry) {
    return entry.second.to == &of && !entry.second.is_wait;
  };
  return static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), counts));
}

std::string calls::first_unanswered() const {
  if (open_.empty()) return {};
  const auto& [id, c] = *open_.begin();
  return fmt::format("{} {} of {}", c.is_wait ? "wait" : to_string(c.event), id, c.name);
}

void calls::check_claims() {
  for (std::size_t i = 0; i < model_.log().size(); ++i) {
    const logged& t = model_.log()[i];
    if (t.cause != cause::request || t.is_claimed || !changes_something(t.event) ||
        t.event == event::invoke_async || cancels_what_is_stuck(t))
      continue;
    const std::string& name = model_.find(t.uid)->name;
    std::uint64_t& unknown = unknown_[{name, t.event}];
    if (unknown == 0)
      return fail_(
          fmt::format("nobody asked for transition {}: {} of {}", i + 1, to_string(t.event), name));
    --unknown;
  }
}

}  // namespace fsm::simulated
