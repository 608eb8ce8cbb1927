#include "sleepers.hpp"

#include "crowd_watch.hpp"
#include "interrupt.hpp"
#include "share_out.hpp"
#include "workload.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace bench {
namespace {

fsm::options options_of(const settings& how, const sleep_plan& plan,
                        std::shared_ptr<fsm::clock> clock) {
  auto made = options_for(how, plan.store);
  made.clock = std::move(clock);
  made.provider = plan.provider;
  // A tick is a 4096th of this, at least a millisecond.
  if (plan.fine_tick) made.idle_after = std::chrono::seconds{4};
  if (plan.in_flight_max > 0) made.provisioner.in_flight_max = plan.in_flight_max;
  // An answer may be kept back for as long as a round takes.
  made.provisioner.attempt_timeout = made.provisioner.provision_deadline;
  // Beside those of a round: a synchronous call per thread, and the caller that is blocked.
  made.waiters_max = waiters_at_once_max + how.threads + 1;
  return made;
}

describe_function describe(const name_list& names, const sleep_plan& plan) {
  return [&names, idle_after = plan.idle_after](std::uint64_t which) {
    fsm::create_request made;
    made.name = names[which];
    if (idle_after) made.idle_after = idle_after(which);
    return made;
  };
}

}  // namespace

sleepers::sleepers(const settings& how, const name_list& names, const scattered_order& order,
                   const sleep_plan& plan)
    : names_{names},
      order_{order},
      threads_{how.threads},
      provider_{plan.provider},
      population_{options_of(how, plan, clock_), names.size(), describe(names, plan)} {
  population_.fill(how.threads);
  provider_->forget_most();
}

std::uint64_t sleepers::count(fsm::pair which) noexcept {
  return runtime().count()[fsm::index_of(which)];
}

measurement sleepers::put_to_sleep(fsm::duration span, std::uint64_t asleep) {
  const auto already = count(fsm::pairs::idle);
  const auto released = provider_->released();
  const auto begin = bench::clock::now();
  clock_->jump(span);
  auto out = watch_crowd({"fall asleep",
                          asleep - std::min(already, asleep),
                          [&] { return count(fsm::pairs::idle) - already; },
                          {}},
                         begin);
  const auto quiet = wait_for_releases(released, out.ops);
  if (quiet.failures > 0) out.fail(quiet.first_failure);
  return out;
}

measurement sleepers::wait_for_releases(std::uint64_t before, std::uint64_t released) {
  return watch_crowd({"have their resources released",
                      released,
                      [&] { return provider_->released() - before; },
                      {}},
                     bench::clock::now());
}

measurement sleepers::wake(std::uint64_t turns) {
  const auto already = count(fsm::pairs::ready);
  const auto begin = bench::clock::now();
  measurement asked;
  std::jthread storm{[&] { asked = invoke(turns); }};
  auto out = watch_crowd({"wake up", turns, [&] { return count(fsm::pairs::ready) - already; },
                          [this] { return broken_.load(); }},
                         begin);
  storm.join();
  if (asked.failures > 0) out.fail(asked.first_failure);
  out.slowest_thread_share = asked.slowest_thread_share;
  return out;
}

measurement sleepers::invoke(std::uint64_t turns) {
  broken_.store(false);
  return share_out(threads_, turns, [this](std::uint64_t turn, measurement& mine) {
    if (!broken_.load(std::memory_order_relaxed)) invoke_until_taken(name_at(turn), mine);
  });
}

/// As a caller would: the refusal of an Inactive function starts its restore; when the runtime is
/// too busy for that, it waits a little and tries again.
void sleepers::invoke_until_taken(std::string_view name, measurement& mine) {
  constexpr std::chrono::milliseconds longest_pause{50};
  std::chrono::milliseconds pause{1};
  const auto give_up_at = bench::clock::now() + call_patience;
  for (;;) {
    auto admission = runtime().admit(name);
    if (admission) break;  // Somebody else has woken it.
    const auto& why = admission.error();
    if (why.code == fsm::errc::function_initializing) break;
    if (why.code != fsm::errc::too_many_requests || bench::clock::now() > give_up_at) {
      mine.fail(to_text(why));
      broken_.store(true);
      return;
    }
    if (interrupted()) return;
    refused_.fetch_add(1, std::memory_order_relaxed);
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest_pause);
  }
  ++mine.ops;
}

bool has_time_for(double round, time_point begin, double seconds) {
  return !interrupted() && seconds_between(begin, clock::now()) + round <= seconds;
}

}  // namespace bench
