#include "simulation/variation.hpp"

#include <algorithm>
#include <array>

namespace fsm::simulated {

using namespace std::chrono_literals;

namespace {

template <class T, std::size_t n>
[[nodiscard]] T one_of(const std::array<T, n>& choices, chance& luck) {
  return choices[luck.below(n)];
}

}  // namespace

options vary(options how, chance luck) {
  how.idle_after = one_of(std::array<duration, 4>{2min, 1h, 24h, 14 * 24h}, luck);
  how.admission_timeout = one_of(std::array<duration, 3>{30s, 20min, 1h}, luck);
  how.functions_max = one_of(std::array<std::size_t, 3>{4, 64, 64}, luck);
  how.journal_max = one_of(std::array<std::size_t, 4>{16, 16, 64, 4096}, luck);
  how.waiters_max = one_of(std::array<std::size_t, 3>{2, 64, 4096}, luck);
  how.policy = {.failed_accepts_update = luck.happens(0.2),
                .pending_refuses_all = luck.happens(0.2),
                .tags_during_update = luck.happens(0.2)};
  how.after_restart = one_of(std::array{idle_after_restart::remaining, idle_after_restart::absolute,
                                        idle_after_restart::anew},
                             luck);
  provisioner_options& p = how.provisioner;
  p.in_flight_max = one_of(std::array<std::size_t, 4>{1, 2, 16, 256}, luck);
  p.queued_max = one_of(std::array<std::size_t, 3>{1, 4, 1000}, luck);
  p.attempts_max = one_of(std::array<std::uint32_t, 4>{1, 2, 3, 5}, luck);
  p.attempt_timeout = one_of(std::array<duration, 3>{5s, 20s, 100s}, luck);
  p.provision_deadline = p.attempt_timeout * one_of(std::array{1, 2, 3}, luck);
  p.backoff_min = one_of(std::array<duration, 3>{1ms, 200ms, 2s}, luck);
  p.backoff_max = p.backoff_min * one_of(std::array{1, 10, 100}, luck);
  // Not thousands of audits per idle time.
  p.audit_interval =
      std::max(one_of(std::array<duration, 3>{20s, 3min, 10min}, luck), how.idle_after / 500);
  how.seed = luck.next();
  how.calls_max = one_of(std::array<std::size_t, 4>{2, 64, 4096, 4096}, luck);
  how.tenant_share = one_of(std::array<std::uint32_t, 3>{0, 1, 3}, luck);
  return how;
}

void choose_faults(fault_plan& faults, std::uint64_t allowed, chance luck) {
  const bool is_calm = luck.happens(0.1);
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto which = static_cast<fault>(i);
    const std::uint64_t kind = luck.below(10);
    double rate = kind < 5 ? 0 : kind < 9 ? 0.05 : 0.4;
    // After a store has failed everything waits for the next start.
    if (which == fault::store_failed || which == fault::store_failed_kept) rate *= 0.05;
    // What happens to whole owners comes as a step of its own.
    const bool is_step = which == fault::crash || which == fault::owner_paused ||
                         which == fault::clock_jump || which == fault::overload;
    if (is_step) rate = kind < 4 ? 0 : 1;
    if (is_calm || (allowed >> i & 1U) == 0) rate = 0;
    faults.set(which, rate);
  }
}

}  // namespace fsm::simulated
