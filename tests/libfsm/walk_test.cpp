#include "life.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

// Every situation that can be reached, every event in it, under every guard, policy, cause and
// attempt: what must always hold is checked after each step. The rules here are the invariants of
// the design; that a certain event leads to a certain situation is the business of other tests.

using namespace fsm::testing;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::last_update_status;
using fsm::lifecycle_policy;
using fsm::lifecycle_record;
using fsm::outcome;
using fsm::reason_code;
using fsm::state;

namespace {

struct visit {
  lifecycle_record before;
  fsm::happening what;
  outcome result;
};

bool is_cause(reason_code code) {
  return code != reason_code::none && code != reason_code::idle && code != reason_code::creating &&
         code != reason_code::restoring;
}

bool has_attempt_in_flight(const lifecycle_record& r) {
  return r.pair.state == state::pending || r.pair.update_status == last_update_status::in_progress;
}

/// The attempts whose resources exist or may exist.
std::multiset<std::uint32_t> live_attempts(const lifecycle_record& r) {
  std::multiset<std::uint32_t> live;
  if (r.held != 0) live.insert(r.held);
  if (has_attempt_in_flight(r)) live.insert(r.attempt);
  return live;
}

bool legal(const sight& s) {
  switch (s.state) {
    case state::none: return s.update_status == last_update_status::none;
    case state::pending: return s.update_status != last_update_status::in_progress;
    case state::active:
    case state::inactive: return s.update_status != last_update_status::none;
    case state::failed: return s.update_status == last_update_status::none;
    default: return false;
  }
}

bool reasons_fit(const sight& s) {
  const auto state_reason_fits = [&s] {
    switch (s.state) {
      case state::none:
      case state::active: return s.state_reason == reason_code::none;
      case state::pending:
        return s.state_reason == (s.update_status == last_update_status::none
                                      ? reason_code::creating
                                      : reason_code::restoring);
      case state::inactive: return s.state_reason == reason_code::idle || is_cause(s.state_reason);
      default: return is_cause(s.state_reason);
    }
  };
  const auto update_reason_fits = [&s] {
    switch (s.update_status) {
      case last_update_status::in_progress: return s.update_reason == reason_code::creating;
      case last_update_status::failed: return is_cause(s.update_reason);
      default: return s.update_reason == reason_code::none;
    }
  };
  return state_reason_fits() && update_reason_fits();
}

sight seen(const lifecycle_record& r) {
  return {r.pair.state, r.pair.update_status, r.state_reason, r.update_reason};
}

bool nothing_happened(const visit& v) {
  const auto& r = v.result;
  return r.next == v.before && r.effects.empty() && r.start + r.release + r.abandon == 0;
}

bool is_refusal(answer given) { return given != answer::accepted && given != answer::ignored; }

/// The two refusals that act: an invocation that starts a restore, a call that gives up what is
/// stuck.
bool acts_by_rule(const visit& v) {
  const auto from = v.before.pair.state;
  const auto to = v.result.next.pair.state;
  if (v.result.answer == answer::initializing)
    return from == state::inactive && to == state::pending;
  return v.result.answer == answer::state_conflict && from == state::pending &&
         to != state::pending && v.what.at - v.before.since > 6min;
}

/// What the step broke, or "".
std::string broken_invariant(const visit& v) {
  const auto& next = v.result.next;
  const bool looks_different = seen(next) != seen(v.before);
  const bool starts = v.result.has(effect::provision) || v.result.has(effect::update) ||
                      v.result.has(effect::restore);
  if (!legal(seen(next))) return "the pair is legal";
  if (!reasons_fit(seen(next))) return "the reasons are there exactly when they should be";
  if (is_refusal(v.result.answer) && !nothing_happened(v) && !acts_by_rule(v)) {
    return "a refusal changes nothing";
  }
  if (v.result.answer == answer::ignored && !nothing_happened(v))
    return "what is ignored changes nothing";
  if ((next.revision != v.before.revision) !=
      (looks_different || v.result.has(effect::renew_revision))) {
    return "the revision changes exactly when something visible does";
  }
  if (v.result.changed(v.before) != (next.revision != v.before.revision))
    return "a change is a new revision";
  if ((next.held != 0) != (next.pair.state == state::active))
    return "resources are held in Active only";
  if (starts != (v.result.start != 0)) return "an attempt is started by its effect";
  if (next.attempt != v.before.attempt + (starts ? 1 : 0)) return "attempts are counted";
  if (starts && v.result.start != next.attempt) return "the attempt that starts is the latest";
  const bool state_changed = next.pair.state != v.before.pair.state;
  if (next.since != (state_changed ? v.what.at : v.before.since))
    return "since is when State changed";
  if (next.version != v.before.version && !v.result.has(effect::replace) &&
      !v.result.has(effect::swap)) {
    return "the version changes by replace and swap only";
  }
  auto expected = live_attempts(v.before);
  if (v.result.start != 0) expected.insert(v.result.start);
  auto found = live_attempts(next);
  if (v.result.release != 0) found.insert(v.result.release);
  if (v.result.abandon != 0) found.insert(v.result.abandon);
  if (expected != found) return "every attempt is held, in flight, or given back once";
  return "";
}

/// Records are the same to the walk when they look the same: counters only grow.
using key = std::tuple<state, last_update_status, reason_code, reason_code>;
key key_of(const lifecycle_record& r) {
  return {r.pair.state, r.pair.update_status, r.state_reason, r.update_reason};
}

const std::vector<reason_code> causes{reason_code::none, reason_code::internal_error,
                                      reason_code::subnet_out_of_ip_addresses,
                                      static_cast<reason_code>(4711)};
const std::array ages{0ms, 5min - 1ms, fsm::duration{5min}, fsm::duration{6min}, 6min + 1ms};

std::string described(const visit& v) {
  return std::string{to_string(v.what.event)} + " in " +
         std::string{wire_name(v.before.pair.state)} + "/" +
         std::string{wire_name(v.before.pair.update_status)};
}

/// Visits every step from one record.
template <class Visitor>
void each_step(const lifecycle_record& before, const Visitor& visitor) {
  for (std::size_t number = 0; number < fsm::event_count; ++number) {
    for (const auto age : ages) {
      for (const auto cause : causes) {
        for (const auto stale : {0U, 1U}) {
          for (const std::uint32_t revision : {0U, before.revision, before.revision + 7}) {
            for (unsigned bits = 0; bits < 8; ++bits) {
              const lifecycle_policy policy{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
              const fsm::happening what{.event = static_cast<event>(number),
                                        .at = before.since + age,
                                        .attempt = before.attempt - stale,
                                        .reason = cause,
                                        .expected_revision = revision};
              visitor(visit{before, what, step(before, what, policy)});
            }
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("every reachable step keeps every invariant and every rule is used", "[walk]") {
  std::map<key, lifecycle_record> known{{key_of({}), {}}};
  std::vector<lifecycle_record> to_visit{{}};
  std::set<std::string_view> rules_used;
  std::size_t steps = 0;
  while (!to_visit.empty()) {
    const auto record = to_visit.back();
    to_visit.pop_back();
    each_step(record, [&](const visit& v) {
      ++steps;
      if (const auto what = broken_invariant(v); !what.empty()) FAIL(described(v) << ": " << what);
      if (v.result.rule != nullptr) rules_used.insert(v.result.rule->id);
      if (known.emplace(key_of(v.result.next), v.result.next).second) {
        to_visit.push_back(v.result.next);
      }
    });
  }

  std::set<std::size_t> pairs;
  for (const auto& [_, record] : known) pairs.insert(index_of(record.pair));
  CHECK(pairs.size() == 11);
  CHECK(pairs.count(fsm::illegal_pair) == 0);
  for (const auto& rule : fsm::lifecycle) {
    INFO("rule " << rule.id);
    CHECK(rules_used.count(rule.id) == 1);
  }
  CHECK(steps > 100'000);
}

TEST_CASE("a step of a pair that no function reaches changes nothing", "[walk]") {
  for (unsigned s = 0; s < 12; ++s) {
    for (unsigned u = 0; u < 5; ++u) {
      lifecycle_record record;
      record.pair = {static_cast<state>(s), static_cast<last_update_status>(u)};
      if (u < 4 && legal(seen(record))) continue;
      for (std::size_t number = 0; number < fsm::event_count; ++number) {
        const fsm::happening what{.event = static_cast<event>(number)};
        const visit v{record, what, step(record, what)};
        INFO(s << '/' << u << ": " << to_string(what.event));
        CHECK(v.result.answer == answer::ignored);
        CHECK(nothing_happened(v));
      }
    }
  }
}

TEST_CASE("a step of an event that is none changes nothing", "[walk]") {
  const auto record = ready().record;
  const fsm::happening what{.event = static_cast<event>(fsm::event_count),
                            .attempt = record.attempt};
  const visit v{record, what, step(record, what)};
  CHECK(v.result.answer == answer::ignored);
  CHECK(nothing_happened(v));
}
