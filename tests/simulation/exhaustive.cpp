#include "simulation/exhaustive.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace fsm::testing {

namespace {

using bits = std::uint32_t;  // Attempts, one bit each.

[[nodiscard]] constexpr bits bit(std::uint32_t attempt) { return bits{1} << attempt; }

/// On its way to the store.
struct entry {
  enum class kind : std::uint8_t { change, release_owed, release_confirmed };
  kind what = kind::change;
  lifecycle_record after{};
  std::uint32_t start = 0;
  std::uint32_t release = 0;
  std::uint32_t abandon = 0;  // To be ordered; 0 if the provisioner has done so itself.
  std::uint32_t number = 0;   // Of a note.
};

/// Owed to the provider.
struct job {
  std::uint32_t number = 0;
  bool is_release = false;
  event succeeded = event::read;
  event failed = event::read;
  bool is_called = false;
  bool is_given_up = false;
  bool may_be_made = false;  // By an earlier owner.
};

struct world {
  lifecycle_record durable{};
  lifecycle_record current{};
  std::vector<entry> journal;
  std::vector<job> lane;
  bits held = 0;              // By the provider.
  bits owed = 0;              // As the store knows.
  bits draining = 0;          // To be released once nothing runs on it.
  std::uint32_t running = 0;  // The attempt that an invocation runs on; 0 = none.
  std::uint32_t crashes = 0;
};

/// All of it, in bytes; what only counts up is left out.
[[nodiscard]] std::string bytes_of(const world& w) {
  std::string all;
  const auto add = [&all](auto... values) {
    (all.append(reinterpret_cast<const char*>(&values), sizeof values), ...);
  };
  const auto add_record = [&add](const lifecycle_record& r) {
    add(static_cast<std::uint8_t>(index_of(r.pair)), r.state_reason,
        static_cast<std::uint8_t>(r.attempt), static_cast<std::uint8_t>(r.version),
        static_cast<std::uint8_t>(r.held));
  };
  add_record(w.durable);
  add_record(w.current);
  add(w.held, w.owed, w.draining, static_cast<std::uint8_t>(w.running),
      static_cast<std::uint8_t>(w.crashes), static_cast<std::uint8_t>(w.journal.size()));
  for (const entry& e : w.journal) {
    add(e.what, static_cast<std::uint8_t>(e.start), static_cast<std::uint8_t>(e.release),
        static_cast<std::uint8_t>(e.abandon), static_cast<std::uint8_t>(e.number));
    add_record(e.after);
  }
  for (const job& j : w.lane)
    add(static_cast<std::uint8_t>(j.number), j.is_release, j.succeeded, j.is_called, j.is_given_up,
        j.may_be_made);
  return all;
}

class checker {
public:
  checker(const exhaustive_options& how, const step_function& rules) : how_{how}, rules_{rules} {}

  exhaustive_result run() {
    visit({}, none, "start");
    for (std::size_t at = 0; at < nodes_.size() && result_.violation.empty(); ++at) {
      if (nodes_[at].depth == how_.depth) break;
      const world from = nodes_[at].what;
      expand(from, at);
    }
    result_.states = nodes_.size();
    return std::move(result_);
  }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct node {
    world what;
    std::size_t from = none;
    std::string_view by;
    std::size_t depth = 0;
  };

  void expand(const world& from, std::size_t at);
  void visit(world to, std::size_t from, std::string_view by);
  void fail(std::string why, std::size_t at);
  [[nodiscard]] std::string comes_to_rest(world w);

  // What happens. Each gives false if it cannot happen here.
  bool happens(world& w, const happening& what, bool by_provider);
  bool call(world& w, event what, bool late);
  bool admit(world& w);
  bool complete(world& w);
  bool commit(world& w);
  bool answer(world& w, bool is_done, bool succeeds);
  bool lose(world& w, bool is_done);
  bool crash(world& w);
  void release(world& w, std::uint32_t number);

  const exhaustive_options& how_;
  const step_function& rules_;
  std::vector<node> nodes_;
  absl::flat_hash_map<std::string, std::size_t> seen_;
  exhaustive_result result_;
  std::string problem_;  // Of the step being made.
};

bool checker::happens(world& w, const happening& what, bool by_provider) {
  const outcome o = rules_(w.current, what);
  if (!o.changed(w.current)) return false;
  if (w.journal.size() >= how_.journal_max && !by_provider) return false;
  if (o.start > how_.attempts_max) return false;
  entry e;
  e.after = o.next;
  e.after.since = timestamp{};
  e.start = o.start;
  e.release = o.release;
  e.abandon = by_provider ? 0 : o.abandon;
  w.current = e.after;
  w.journal.push_back(e);
  return true;
}

bool checker::call(world& w, event what, bool late) {
  const timestamp at{late ? duration{std::chrono::minutes{7}} : duration{1000}};
  // The function looks at its admission word first.
  if (what == event::idle_due && w.running != 0 && w.running == w.current.held) return false;
  return happens(w, {.event = what, .at = at}, false);
}

bool checker::admit(world& w) {
  // Only what is durable admits.
  if (w.running != 0 || !w.journal.empty() || w.current.pair.state != state::active) return false;
  w.running = w.current.held;
  return w.running != 0;
}

bool checker::complete(world& w) {
  if (w.running == 0) return false;
  const std::uint32_t ended = std::exchange(w.running, 0);
  if ((w.draining & bit(ended)) != 0) {
    w.draining &= ~bit(ended);
    release(w, ended);
  }
  return true;
}

void checker::release(world& w, std::uint32_t number) {
  if (number == 0) return;
  if (w.running == number) {
    w.draining |= bit(number);
    return;
  }
  bool is_to_come = false;
  bool was_tried = true;
  for (std::size_t i = 0; i < w.lane.size(); ++i) {
    job& j = w.lane[i];
    if (j.number != number) continue;
    if (j.is_release) {
      is_to_come = !j.is_called;
      continue;
    }
    is_to_come = false;
    if (j.is_called) {
      j.is_given_up = true;
    } else {
      was_tried = j.may_be_made;
      w.lane.erase(w.lane.begin() + static_cast<std::ptrdiff_t>(i));
    }
    break;
  }
  if (is_to_come) return;
  if (!was_tried) {
    w.journal.push_back({.what = entry::kind::release_confirmed, .number = number});
    return;
  }
  w.lane.push_back({.number = number, .is_release = true});
}

bool checker::commit(world& w) {
  if (w.journal.empty()) return false;
  const entry e = w.journal.front();
  w.journal.erase(w.journal.begin());
  switch (e.what) {
    case entry::kind::release_owed: w.owed |= bit(e.number); return true;
    case entry::kind::release_confirmed: w.owed &= ~bit(e.number); return true;
    case entry::kind::change: break;
  }
  w.durable = e.after;
  for (const std::uint32_t number : {e.release, e.abandon}) {
    if (number != 0) w.owed |= bit(number);
  }
  release(w, e.release);
  release(w, e.abandon);
  if (e.start == 0) return true;
  job j{.number = e.start};
  if (e.after.pair == pairs::creating) {
    j.succeeded = event::provision_succeeded;
    j.failed = event::provision_failed;
  } else if (e.after.pair.update_status == last_update_status::in_progress) {
    j.succeeded = event::update_succeeded;
    j.failed = event::update_failed;
  } else {
    j.succeeded = event::restore_succeeded;
    j.failed = event::restore_failed;
  }
  w.lane.push_back(j);
  return true;
}

bool checker::answer(world& w, bool is_done, bool succeeds) {
  if (w.lane.empty()) return false;
  job j = w.lane.front();
  if (j.is_release) {
    if (!succeeds) return false;  // It is asked for again: nothing has changed.
    if (w.durable.held == j.number) problem_ = "what the record holds is released";
    if (w.running == j.number) problem_ = "what an invocation runs on is released";
    w.held &= ~bit(j.number);
    w.lane.erase(w.lane.begin());
    w.journal.push_back({.what = entry::kind::release_confirmed, .number = j.number});
    return true;
  }
  if (is_done) w.held |= bit(j.number);
  w.lane.erase(w.lane.begin());
  if (j.is_given_up) return true;  // The release is behind it.
  if (!succeeds) {
    w.lane.insert(w.lane.begin(), {.number = j.number, .is_release = true});
    w.journal.push_back({.what = entry::kind::release_owed, .number = j.number});
  }
  static_cast<void>(happens(w,
                            {.event = succeeds ? j.succeeded : j.failed,
                             .at = timestamp{duration{1000}},
                             .attempt = j.number,
                             .reason = reason_code::internal_error},
                            true));
  return true;
}

bool checker::lose(world& w, bool is_done) {
  if (w.lane.empty()) return false;
  job& j = w.lane.front();
  const bits before = w.held;
  if (is_done) w.held = j.is_release ? w.held & ~bit(j.number) : w.held | bit(j.number);
  if (j.is_release && is_done && w.durable.held == j.number)
    problem_ = "what the record holds is released";
  if (j.is_called && w.held == before) return false;
  j.is_called = true;
  return true;
}

bool checker::crash(world& w) {
  if (w.crashes == how_.crashes_max) return false;
  ++w.crashes;
  w.current = w.durable;
  w.journal.clear();
  w.lane.clear();
  w.running = 0;
  w.draining = 0;
  for (std::uint32_t n = 1; n <= how_.attempts_max; ++n) {
    if ((w.owed & bit(n)) != 0) w.lane.push_back({.number = n, .is_release = true});
  }
  const lifecycle_record& r = w.durable;
  const bool creating = r.pair == pairs::creating;
  if (r.pair.state != state::pending && r.target() == 0) return true;
  job j{.number = r.attempt, .may_be_made = true};
  j.succeeded = creating          ? event::provision_succeeded
                : r.target() != 0 ? event::update_succeeded
                                  : event::restore_succeeded;
  j.failed = creating          ? event::provision_failed
             : r.target() != 0 ? event::update_failed
                               : event::restore_failed;
  w.lane.push_back(j);
  return true;
}

void checker::expand(const world& from, std::size_t at) {
  const auto attempt = [&](std::string_view by, auto what) {
    if (!result_.violation.empty()) return;
    world to = from;
    problem_.clear();
    if (what(to)) visit(std::move(to), at, by);
  };
  constexpr std::array<std::pair<std::string_view, event>, 6> calls{{{"create", event::create},
                                                                     {"update", event::update},
                                                                     {"invoke", event::invoke},
                                                                     {"publish", event::publish},
                                                                     {"remove", event::remove},
                                                                     {"idle", event::idle_due}}};
  for (const auto& [name, what] : calls) {
    attempt(name, [&, e = what](world& w) { return call(w, e, false); });
    attempt(name, [&, e = what](world& w) { return call(w, e, true); });
  }
  attempt("admit", [this](world& w) { return admit(w); });
  attempt("complete", [this](world& w) { return complete(w); });
  attempt("commit", [this](world& w) { return commit(w); });
  attempt("succeeds", [this](world& w) { return answer(w, true, true); });
  attempt("fails", [this](world& w) { return answer(w, false, false); });
  attempt("made, but fails", [this](world& w) { return answer(w, true, false); });
  attempt("call lost", [this](world& w) { return lose(w, false); });
  attempt("answer lost", [this](world& w) { return lose(w, true); });
  attempt("crash", [this](world& w) { return crash(w); });
}

std::string checker::comes_to_rest(world w) {
  for (int i = 0; i < 64; ++i) {
    if (!commit(w) && !complete(w) && !answer(w, true, true)) break;
  }
  if (!w.journal.empty() || !w.lane.empty()) return "it does not come to rest";
  if (w.durable.pair.state == state::pending || w.durable.target() != 0)
    return "it stays under way for ever";
  const bits owned = w.durable.held == 0 ? 0 : bit(w.durable.held);
  // After a crash it may take an audit: the confirmation of a release can be kept behind a
  // transition that owes the same release once more, and then nobody remembers the second one.
  if (w.crashes > 0) w.held &= owned;
  if (w.held != owned) return "at rest, the provider holds something else than the record";
  return w.owed == 0 ? "" : "at rest, a release is still owed";
}

void checker::visit(world to, std::size_t from, std::string_view by) {
  ++result_.changes;
  const auto [where, is_new] = seen_.try_emplace(bytes_of(to), nodes_.size());
  if (!is_new && problem_.empty()) return;
  const std::size_t depth = from == none ? 0 : nodes_[from].depth + 1;
  nodes_.push_back({to, from, by, depth});
  result_.depth = depth;
  if (problem_.empty() && to.durable.held != 0 && (to.held & bit(to.durable.held)) == 0)
    problem_ = "the record holds what the provider does not";
  if (problem_.empty()) problem_ = comes_to_rest(std::move(to));
  if (!problem_.empty()) fail(problem_, nodes_.size() - 1);
}

void checker::fail(std::string why, std::size_t at) {
  if (!result_.violation.empty()) return;
  result_.violation = std::move(why);
  for (; at != none; at = nodes_[at].from) result_.path.emplace_back(nodes_[at].by);
  std::reverse(result_.path.begin(), result_.path.end());
}

}  // namespace

exhaustive_result check_exhaustively(const exhaustive_options& how, const step_function& rules) {
  return checker{how, rules}.run();
}

}  // namespace fsm::testing
