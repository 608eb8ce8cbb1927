#pragma once

#include <cstdint>
#include <string_view>

namespace fsm::detail {

/// Defects that can be built in on purpose, to see that the simulation finds them. Only the sources
/// that are compiled once more for its tests know any; in the library `mutated` is false, and what
/// depends on it is not there.
enum class mutant : std::uint8_t {
  none,
  reply_before_commit,         ///< A caller is answered before the store has confirmed.
  acked_though_failed,         ///< A commit that failed counts as kept.
  epoch_unchecked,             ///< The store takes what a replaced owner commits.
  event_gap,                   ///< Observers do not hear of some transitions.
  waiter_lost,                 ///< Who waits for a name is forgotten when it comes.
  reclaim_in_use,              ///< A function is reclaimed while invocations run.
  idle_clock_lost,             ///< Idle clocks are not brought back after a restart.
  swap_drops_running,          ///< An update releases what invocations still run on.
  stale_answer_accepted,       ///< An answer counts for whatever attempt is under way.
  retry_with_new_token,        ///< A retry looks like another attempt.
  release_forgotten,           ///< What a failed attempt made is not released.
  release_of_owned,            ///< An update releases the new resources, not the old ones.
  owed_release_not_recovered,  ///< Releases that were owed are forgotten by a restart.
  audit_releases_owned,        ///< The audit takes what is owned for an orphan.
  journal_unbounded,           ///< A full journal takes what callers ask for all the same.
  calls_unbounded,             ///< Any number of calls may be under way.
};

#ifdef LIBFSM_MUTANTS
[[nodiscard]] bool mutated(mutant which) noexcept;
/// Builds the defect of this name in; false if there is none.
[[nodiscard]] bool choose_mutant(std::string_view name) noexcept;
#else
[[nodiscard]] constexpr bool mutated(mutant /*which*/) noexcept { return false; }
#endif

}  // namespace fsm::detail
