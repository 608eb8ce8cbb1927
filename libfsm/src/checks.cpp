#include <fsm/checks.hpp>

// The lifecycle table, proved by the compiler. An error here names the rule that the table breaks.

namespace fsm::checks {

static_assert(!find_malformed(lifecycle), "a row of the lifecycle is malformed");
static_assert(!find_undecided(lifecycle),
              "a pair and event of the lifecycle is not decided, or twice");
static_assert(!find_unreachable(lifecycle), "a legal pair cannot be reached");
static_assert(!find_set_by_hand(lifecycle), "a call moves a function between situations by hand");
static_assert(!find_misplaced_completion(lifecycle),
              "an internal event is obeyed where nobody waits for it");
static_assert(!find_acting_refusal(lifecycle), "a refused call changes something");
static_assert(!find_wrong_reason(lifecycle),
              "a situation is left without its reason, or with a stale one");

}  // namespace fsm::checks
