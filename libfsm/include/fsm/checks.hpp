#pragma once

#include <fsm/lifecycle.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

/// \file
/// What must hold for a lifecycle table, as functions that the compiler runs over the real one
/// (src/checks.cpp: a table that breaks a rule does not compile) and tests run over broken ones.
/// Each returns the first defect, or nullopt if there is none.

namespace fsm::checks {

/// Where a table breaks a rule.
struct defect {
  std::string_view rule{};  ///< The id of the offending row; "" if it is a row that is missing.
  std::size_t pair =
      illegal_pair;  ///< Index in `legal_pairs`, or `illegal_pair` if no one pair is to blame.
  std::size_t event =
      event_count;          ///< Number of the event, or `event_count` if no one event is to blame.
  std::string_view what{};  ///< The broken rule, as a sentence.
};

/// The rows of a table.
using rows = std::span<const row>;

/// The guard that holds exactly when `when` does not; `always` for `always`, which has none.
[[nodiscard]] constexpr guard complement(guard when) noexcept {
  using enum guard;
  switch (when) {
    case always: return always;
    case fresh: return stuck;
    case stuck: return fresh;
    case rested: return paused;
    case paused: return rested;
    case failed_rejects: return failed_accepts;
    case failed_accepts: return failed_rejects;
    case pending_open: return pending_closed;
    case pending_closed: return pending_open;
    case tags_strict: return tags_lenient;
    case tags_lenient: return tags_strict;
  }
  return always;
}

/// Whether a caller asks for the event; the others are told by the runtime's own parts.
[[nodiscard]] constexpr bool is_external(event what) noexcept {
  return what <= event::remove_qualified || what > event::idle_due;
}

/// Whether the answer refuses a call.
[[nodiscard]] constexpr bool is_refusal(answer given) noexcept {
  return given != answer::accepted && given != answer::ignored;
}

/// Whether somebody waits in `where` for the internal event `what`: an attempt of that kind is in
/// flight, or the idle clock runs.
[[nodiscard]] constexpr bool expects(pair where, event what) noexcept {
  const bool creating = where == pairs::creating;
  const bool updating = where == pairs::updating || where == pairs::idle_updating;
  const bool restoring = where == pairs::restoring || where == pairs::restoring_update_failed;
  switch (what) {
    case event::attempt_started: return creating || updating || restoring;
    case event::provision_succeeded:
    case event::provision_failed: return creating;
    case event::update_succeeded:
    case event::update_failed: return updating;
    case event::restore_succeeded:
    case event::restore_failed: return restoring;
    case event::idle_due: return where == pairs::ready || where == pairs::update_failed;
    default: return false;
  }
}

namespace detail {

/// Calls `visit(row, pair index, event number)` for every cell of every row until it returns a
/// defect.
template <class Visitor>
[[nodiscard]] constexpr std::optional<defect> each_cell(rows table, Visitor visit) {
  for (const row& rule : table) {
    for (std::size_t p = 0; p < legal_pairs.size(); ++p) {
      if (!rule.from.contains(p)) continue;
      for (std::size_t e = 0; e < event_count; ++e) {
        if (!rule.on.contains(e)) continue;
        if (auto found = visit(rule, p, e)) return found;
      }
    }
  }
  return std::nullopt;
}

/// Whether a caller's event may lead from one situation to another. Everything else only the
/// outcome of an attempt or the idle clock can do.
[[nodiscard]] constexpr bool caller_may_lead(event what, guard when, pair from, pair to) noexcept {
  const bool keeps_update_status = from.update_status == to.update_status;
  switch (what) {
    case event::create: return from == pairs::absent && to == pairs::creating;
    case event::remove: return from != pairs::absent && to == pairs::absent;
    case event::invoke:
    case event::invoke_async:  // Starts a restore.
      return from.state == state::inactive && to.state == state::pending && keeps_update_status;
    case event::update:
      if (from.state == to.state && to.update_status == last_update_status::in_progress)
        return true;
      if (from == pairs::broken && to == pairs::creating) return when == guard::failed_accepts;
      [[fallthrough]];
    case event::publish:
    case event::republish:  // Gives up a stuck operation.
      return when == guard::stuck && from.state == state::pending && keeps_update_status &&
             to.state == (from == pairs::creating ? state::failed : state::inactive);
    default: return false;
  }
}

[[nodiscard]] constexpr bool state_reason_fits(const row& rule, pair from) noexcept {
  const bool kept = rule.state_reason == reason_rule::keep && from.state == rule.to.state;
  switch (rule.to.state) {
    case state::none:
    case state::active: return kept || rule.state_reason == reason_rule::clear;
    case state::pending:
      return rule.state_reason ==
             (rule.to == pairs::creating ? reason_rule::creating : reason_rule::restoring);
    case state::inactive:
      return kept || rule.state_reason == reason_rule::idle ||
             rule.state_reason == reason_rule::given || rule.state_reason == reason_rule::internal;
    case state::failed:
      return rule.state_reason == reason_rule::given || rule.state_reason == reason_rule::internal;
    default: return false;
  }
}

[[nodiscard]] constexpr bool update_reason_fits(const row& rule, pair from) noexcept {
  const bool kept =
      rule.update_reason == reason_rule::keep && from.update_status == rule.to.update_status;
  switch (rule.to.update_status) {
    case last_update_status::none:
    case last_update_status::successful: return kept || rule.update_reason == reason_rule::clear;
    case last_update_status::in_progress: return rule.update_reason == reason_rule::creating;
    case last_update_status::failed: return kept || rule.update_reason == reason_rule::given;
  }
  return false;
}

}  // namespace detail

/// Every row has an id of its own, names at least one pair and one event, and names only pairs of
/// `legal_pairs`.
[[nodiscard]] constexpr std::optional<defect> find_malformed(rows table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    const row& rule = table[i];
    if (rule.id.empty()) return defect{.what = "a row has an id"};
    for (std::size_t j = 0; j < i; ++j) {
      if (table[j].id == rule.id)
        return defect{.rule = rule.id, .what = "no two rows have the same id"};
    }
    if (rule.from.empty() || rule.on.empty()) {
      return defect{.rule = rule.id, .what = "a row names at least one pair and one event"};
    }
    if ((rule.from.bits >> legal_pairs.size()) != 0 ||
        (!rule.stays && index_of(rule.to) == illegal_pair)) {
      return defect{.rule = rule.id, .what = "a row names legal pairs only"};
    }
    if ((rule.on.bits >> event_count) != 0) {
      return defect{.rule = rule.id, .what = "a row names existing events only"};
    }
  }
  return std::nullopt;
}

/// Every pair and event is decided: by one row that always applies, or by two whose guards are
/// complementary.
[[nodiscard]] constexpr std::optional<defect> find_undecided(rows table) {
  for (std::size_t p = 0; p < legal_pairs.size(); ++p) {
    for (std::size_t e = 0; e < event_count; ++e) {
      // Positions, not pointers: under UBSan g++ compares no pointers at compile time.
      std::size_t found = 0;
      std::array<std::size_t, 2> at{};
      for (std::size_t i = 0; i < table.size(); ++i) {
        if (!table[i].from.contains(p) || !table[i].on.contains(e)) continue;
        if (found == at.size()) {
          return defect{table[i].id, p, e, "at most two rows decide a pair and event"};
        }
        at[found++] = i;
      }
      if (found == 0) return defect{"", p, e, "every pair and event is decided"};
      const row& first = table[at[0]];
      const row& second = table[at[1]];
      const bool alone = first.when == guard::always;
      if (found == 1 && !alone) return defect{first.id, p, e, "a guarded row has its counterpart"};
      if (found == 2 && (alone || second.when != complement(first.when))) {
        return defect{second.id, p, e, "two rows for one pair and event have complementary guards"};
      }
    }
  }
  return std::nullopt;
}

/// Every legal pair can be reached from "no such function".
[[nodiscard]] constexpr std::optional<defect> find_unreachable(rows table) {
  std::array<bool, legal_pairs.size()> reached{};
  reached[index_of(pairs::absent)] = true;
  for (bool grew = true; grew;) {
    grew = false;
    for (const row& rule : table) {
      const auto to = index_of(rule.to);
      if (rule.stays || to == illegal_pair || reached[to]) continue;
      for (std::size_t p = 0; p < legal_pairs.size(); ++p) {
        if (rule.from.contains(p) && reached[p]) reached[to] = grew = true;
      }
    }
  }
  for (std::size_t p = 0; p < reached.size(); ++p) {
    if (!reached[p]) return defect{.pair = p, .what = "every legal pair can be reached"};
  }
  return std::nullopt;
}

/// No call moves a function by hand: a caller's event only creates, removes, starts an update or a
/// restore, or gives up a stuck operation. Above all none makes a function Active or an update
/// Successful.
[[nodiscard]] constexpr std::optional<defect> find_set_by_hand(rows table) {
  return detail::each_cell(
      table, [](const row& rule, std::size_t p, std::size_t e) -> std::optional<defect> {
        const auto what = static_cast<event>(e);
        if (rule.stays || !is_external(what) ||
            detail::caller_may_lead(what, rule.when, legal_pairs[p], rule.to)) {
          return std::nullopt;
        }
        return defect{rule.id, p, e, "no call moves a function between situations by hand"};
      });
}

/// An internal event that nobody waits for is ignored and does nothing; one that is waited for is
/// never ignored.
[[nodiscard]] constexpr std::optional<defect> find_misplaced_completion(rows table) {
  return detail::each_cell(
      table, [](const row& rule, std::size_t p, std::size_t e) -> std::optional<defect> {
        const auto what = static_cast<event>(e);
        if (is_external(what)) return std::nullopt;
        if (expects(legal_pairs[p], what)) {
          const bool settles = what == event::attempt_started ? rule.stays : !rule.stays;
          if (settles && rule.answer == answer::accepted) return std::nullopt;
          return defect{rule.id, p, e,
                        "an internal event that is waited for is accepted and settles the matter"};
        }
        if (rule.stays && rule.answer == answer::ignored && rule.effects.empty())
          return std::nullopt;
        return defect{rule.id, p, e, "an internal event that nobody waits for is ignored"};
      });
}

/// A refusal changes nothing, but for an invocation that starts a restore and a call that gives up
/// a stuck operation.
[[nodiscard]] constexpr std::optional<defect> find_acting_refusal(rows table) {
  return detail::each_cell(
      table, [](const row& rule, std::size_t p, std::size_t e) -> std::optional<defect> {
        if (!is_refusal(rule.answer) || (rule.stays && rule.effects.empty())) return std::nullopt;
        const bool moves = !rule.stays;
        const bool gives_up = rule.answer == answer::state_conflict;
        if (gives_up && moves && rule.when == guard::stuck) return std::nullopt;
        const bool restores = rule.answer == answer::initializing;
        if (restores && moves && legal_pairs[p].state == state::inactive) return std::nullopt;
        return defect{rule.id, p, e, "a refused call changes nothing"};
      });
}

/// Each move leaves the reasons its situation calls for: State has one unless it is Active,
/// LastUpdateStatus has one if it is InProgress or Failed, and no reason of an earlier situation
/// stays behind.
[[nodiscard]] constexpr std::optional<defect> find_wrong_reason(rows table) {
  return detail::each_cell(
      table, [](const row& rule, std::size_t p, std::size_t e) -> std::optional<defect> {
        if (rule.stays) return std::nullopt;
        if (!detail::state_reason_fits(rule, legal_pairs[p])) {
          return defect{rule.id, p, e, "the State has the reason it calls for"};
        }
        if (!detail::update_reason_fits(rule, legal_pairs[p])) {
          return defect{rule.id, p, e, "the LastUpdateStatus has the reason it calls for"};
        }
        return std::nullopt;
      });
}

/// The first defect that any of the functions above finds.
[[nodiscard]] constexpr std::optional<defect> find_defect(rows table) {
  for (const auto check : {find_malformed, find_undecided, find_unreachable, find_set_by_hand,
                           find_misplaced_completion, find_acting_refusal, find_wrong_reason}) {
    if (auto found = check(table)) return found;
  }
  return std::nullopt;
}

}  // namespace fsm::checks
