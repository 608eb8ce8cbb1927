#include "simulation/ending.hpp"

#include "simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fsm::simulated {

using namespace std::chrono_literals;

namespace {

/// The longest pause between two calls for a release that is not confirmed.
constexpr duration release_pause = 15min;

/// Enough for every attempt to end and every release to be confirmed, and for two audits.
[[nodiscard]] duration long_enough(const options& how, std::size_t functions) {
  const provisioner_options& p = how.provisioner;
  const auto queued = static_cast<std::int64_t>(functions);
  return 2 * (release_pause + p.backoff_max) + (queued + 2) * (p.provision_deadline + 20s) +
         2 * p.audit_interval + 30min;  // The longest wait.
}

void check_rest(world& w) {
  for (const auto& [uid, f] : w.functions()) {
    if (f.is_gone) continue;
    const bool is_under_way = f.record.pair.state == state::pending || f.record.target() != 0;
    if (is_under_way) return w.fail("a function does not come to rest: " + f.name);
  }
  if (w.callers().unanswered() != 0)
    return w.fail("a call is not answered: " + w.callers().first_unanswered());
  if (!w.has_strangers()) w.callers().check_claims();
}

void check_resources(world& w) {
  const auto held = w.provider().held();
  if (held && *held != w.known().owned())
    return w.fail(fmt::format("the provider holds {} resources, the functions own {}", held->size(),
                              w.known().owned().size()));
  for (const attempt_token& owed : w.known().owed())
    return w.fail(
        fmt::format("a release is owed for ever (function {}, {})", owed.uid, owed.number));
  const statistics now = w.current().runtime->statistics();
  if (now.attempts_queued != 0 || now.attempts_in_flight != 0 || now.releases_owed != 0 ||
      now.transitions_under_way != 0 || now.waiters != 0)
    w.fail(
        fmt::format("something is left: {} attempts, {} in flight, {} releases, {} transitions, "
                    "{} waiters",
                    now.attempts_queued, now.attempts_in_flight, now.releases_owed,
                    now.transitions_under_way, now.waiters));
}

/// One tick of the reclaimer is at most a second.
void check_idle(world& w) {
  for (const auto& [uid, f] : w.functions()) {
    if (f.is_gone || f.record.pair.state != state::active) continue;
    const timestamp due =
        f.used_at_latest + std::max(w.how().idle_after, w.how().admission_timeout);
    if (w.clock().now() > due + 2s) w.fail("an idle function was not reclaimed: " + f.name);
  }
}

/// Every name is created, if it can be, invoked and removed: nothing is left that is in the way.
void check_alive(world& w, chance& luck) {
  fsm::runtime& runtime = *w.current().runtime;
  for (const auto& [uid, f] : w.functions()) {
    if (f.is_gone || f.record.pair.state != state::active) continue;
    if (!runtime.admits(f.name)) return w.fail("an Active function does not admit: " + f.name);
    w.hold(*runtime.admit(f.name));
  }
  w.complete_all();
  w.pass(1ms, luck, true);
}

}  // namespace

void come_to_rest(world& w) {
  chance luck{1};
  w.heal();
  w.complete_all();
  w.pass(3s, luck, true);  // The last commit that is going to fail has done so.
  w.replace_broken();
  w.pass(long_enough(w.how(), w.known().living()), luck, true);
  if (w.has_failed()) return;
  check_rest(w);
  check_resources(w);
  if (w.has_failed()) return;
  check_alive(w, luck);
  w.pass(std::max(w.how().idle_after, w.how().admission_timeout) + 3s, luck, true);
  check_idle(w);
  w.pass(2 * release_pause, luck, true);
  if (!w.has_failed()) check_resources(w);
  w.check();
}

}  // namespace fsm::simulated
