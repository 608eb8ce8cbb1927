#include <mutant.hpp>

#include <array>

namespace fsm::detail {

namespace {

mutant chosen = mutant::none;

constexpr std::array<std::string_view, 17> names{"none",
                                                 "reply_before_commit",
                                                 "acked_though_failed",
                                                 "epoch_unchecked",
                                                 "event_gap",
                                                 "waiter_lost",
                                                 "reclaim_in_use",
                                                 "idle_clock_lost",
                                                 "swap_drops_running",
                                                 "stale_answer_accepted",
                                                 "retry_with_new_token",
                                                 "release_forgotten",
                                                 "release_of_owned",
                                                 "owed_release_not_recovered",
                                                 "audit_releases_owned",
                                                 "journal_unbounded",
                                                 "calls_unbounded"};

}  // namespace

bool mutated(mutant which) noexcept { return which == chosen; }

bool choose_mutant(std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != name) continue;
    chosen = static_cast<mutant>(i);
    return true;
  }
  return false;
}

}  // namespace fsm::detail
