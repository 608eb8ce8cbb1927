// What a runtime makes of ten times the calls it can serve: a slow provider, a slow store, and
// little room.
#include "bench_clock.hpp"
#include "crowd_watch.hpp"
#include "function_name.hpp"
#include "interrupt.hpp"
#include "machine.hpp"
#include "population.hpp"
#include "report.hpp"
#include "slow_parts.hpp"
#include "storm.hpp"
#include "workload.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t in_flight_max = 64;
constexpr std::size_t queued_max = 640;
constexpr std::size_t journal_max = 1024;
constexpr std::size_t waiters_max = 4096;
constexpr auto provider_time = milliseconds{10};
constexpr auto commit_time = microseconds{200};
constexpr auto transition_time = microseconds{2};
/// How much more comes than can be served.
constexpr double overload = 10;
/// Calls per second of the tenant that has nothing to do with the storm.
constexpr double quiet_rate = 200;

struct side_by_side {
  storm_figures loud;
  storm_figures quiet;
  /// Until the last call was done.
  double seconds = 0;
  /// What of that was after the last call had been made.
  double drained = 0;
  std::uint64_t rss_most = 0;

  [[nodiscard]] double done_per_second() const {
    return seconds > 0 ? static_cast<double>(loud.done.count()) / seconds : 0;
  }
};

class overload_workload final : public workload {
public:
  explicit overload_workload(const settings& how)
      : threads_{how.threads},
        functions_{std::max<std::uint64_t>(how.functions, 64)},
        store_{std::make_shared<slow_store>(make_store(how.storage), commit_time, transition_time)},
        population_{options_of(how), functions_, describe(functions_)},
        caller_{population_.runtime(), functions_} {
    slow_down(false);
    population_.fill(how.threads);
    clock_->jump(std::chrono::hours{2});
    const auto asleep = functions_ / 2;
    require_success(watch_crowd(
        {"fall asleep",
         asleep,
         [this] { return population_.runtime().count()[fsm::index_of(fsm::pairs::idle)]; },
         {}},
        clock::now()));
    slow_down(true);
  }

  ~overload_workload() override { population_.runtime().stop(); }

  measurement measure(const pace& how) override {
    remove_created();
    const auto part = how.seconds / 4;
    const auto calm = run(part, 0, quiet_rate);
    const auto capacity = saturate(part);
    const auto rss_before = resident_bytes_trimmed();
    const auto storm = run(how.seconds, overload * capacity.done_per_second(), quiet_rate);
    const auto rss_after = resident_bytes_trimmed();
    const auto after = saturate(part);
    const auto calm_again = run(part, 0, quiet_rate);
    measurement all;
    all.ops = storm.loud.calls() + storm.quiet.calls();
    all.seconds = storm.seconds;
    all.latency.merge(storm.loud.done);
    all.latency.merge(storm.loud.refused);
    for (const auto* each : {&calm, &capacity, &storm, &after, &calm_again}) {
      for (const auto* side : {&each->loud, &each->quiet}) {
        if (side->failures > 0) all.fail(side->first_failure);
      }
    }
    tell(all, calm, capacity, storm, after, calm_again);
    tell_memory(all, rss_before, storm.rss_most, rss_after);
    tell_figure(all, "recovered_seconds", storm.drained, "seconds until the storm's calls are done",
                1);
    return all;
  }
  std::uint64_t functions() const override { return functions_; }
  double bytes_per_function() const override { return population_.bytes_per_function(); }

private:
  fsm::options options_of(const settings& how) {
    auto made = options_for(how, store_);
    made.provider = provider_;
    made.clock = clock_;
    made.provisioner.in_flight_max = in_flight_max;
    made.provisioner.queued_max = queued_max;
    made.journal_max = journal_max;
    made.waiters_max = waiters_max;
    return made;
  }

  static describe_function describe(std::uint64_t functions) {
    return [functions](std::uint64_t which) {
      fsm::create_request made;
      made.name = function_name{which, functions};
      made.tenant =
          name_of(which % functions_per_quiet == 0 ? storm_tenant::quiet : storm_tenant::loud);
      if (which < functions / 2) made.idle_after = std::chrono::hours{1};
      return made;
    };
  }

  void slow_down(bool on) {
    provider_->slow_down(on);
    store_->slow_down(on);
  }

  /// Calls of both tenants, each at its rate, for so long, and then until all of them are done. The
  /// quiet tenant has a thread of its own.
  side_by_side run(double seconds, double loud_rate, double quiet_rate) {
    side_by_side got;
    const auto begin = clock::now();
    {
      std::vector<std::jthread> callers;
      for (std::size_t i = 0; i < threads_ && loud_rate > 0; ++i) {
        callers.emplace_back([&, i] {
          call_all(storm_tenant::loud, {seconds, loud_rate}, begin, i);
        });
      }
      call_all(storm_tenant::quiet, {seconds, quiet_rate}, begin, 0, 1, &got.rss_most);
    }
    got.drained = drain();
    got.seconds = seconds_between(begin, clock::now());
    got.loud = caller_.take(storm_tenant::loud);
    got.quiet = caller_.take(storm_tenant::quiet);
    return got;
  }

  void call_all(storm_tenant who, const pace& how, time_point begin, std::size_t index,
                std::size_t threads = 0, std::uint64_t* rss_most = nullptr) {
    if (threads == 0) threads = threads_;
    const auto end = later(begin, how.seconds);
    auto& turn = turns_[static_cast<std::size_t>(who)];
    for (std::uint64_t i = 0; !interrupted(); ++i) {
      const auto intended = intended_start(begin, i, index, threads, how.rate);
      if (intended >= end) return;
      sleep_until(intended);
      caller_.call(who, turn.fetch_add(1), intended);
      if (rss_most != nullptr && i % 16 == 0) *rss_most = std::max(*rss_most, resident_bytes());
    }
  }

  /// As much as can be served: one more call as soon as one is refused no more.
  side_by_side saturate(double seconds) {
    const auto begin = clock::now();
    const auto end = later(begin, seconds);
    auto& turn = turns_[0];
    while (clock::now() < end && !interrupted()) {
      if (caller_.under_way() > in_flight_max + queued_max / 2) {
        std::this_thread::sleep_for(milliseconds{1});
      } else {
        caller_.call(storm_tenant::loud, turn.fetch_add(1), clock::now());
      }
    }
    side_by_side got;
    got.seconds = seconds_between(begin, clock::now());
    got.loud = caller_.take(storm_tenant::loud);
    (void)drain();
    (void)caller_.take(storm_tenant::loud);
    return got;
  }

  /// Waits until everything that was accepted is done; gives how long that took.
  double drain() {
    const auto begin = clock::now();
    while (caller_.under_way() > 0 && seconds_between(begin, clock::now()) < 60 && !interrupted())
      std::this_thread::sleep_for(milliseconds{1});
    return seconds_between(begin, clock::now());
  }

  /// What earlier measurements created.
  void remove_created() {
    slow_down(false);
    for (const auto who : {storm_tenant::loud, storm_tenant::quiet}) {
      auto& removed = removed_[static_cast<std::size_t>(who)];
      for (; removed < caller_.created(who); ++removed)
        (void)population_.runtime().remove(storm_caller::created_name(who, removed));
    }
    slow_down(true);
  }

  void tell_figure(measurement& all, const std::string& name, double value, std::string what,
                   double bound, bool at_most = true) {
    all.more.members.emplace_back(name, value);
    all.more.targets.push_back({std::move(what), value, bound, at_most});
  }

  void tell(measurement& all, const side_by_side& calm, const side_by_side& capacity,
            const side_by_side& storm, const side_by_side& after, const side_by_side& calm_again) {
    const auto member = [&all](const std::string& name, double value) {
      all.more.members.emplace_back(name, value);
    };
    const auto per_second = capacity.done_per_second();
    const double refused = static_cast<double>(storm.loud.refused.count());
    member("capacity_per_second", per_second);
    member("offered_per_second", static_cast<double>(storm.loud.calls()) / storm.seconds);
    member("done_per_second", storm.done_per_second());
    member("refused_share", refused / std::max(1.0, static_cast<double>(storm.loud.calls())));
    member("accepted_us_p50", storm.loud.done.quantile_us(0.5));
    // Whoever is accepted waits for what is before it, and that is bounded.
    const double room_us = 1e6 * (in_flight_max + queued_max) / std::max(per_second, 1.0);
    tell_figure(all, "accepted_us_p99", storm.loud.done.quantile_us(0.99),
                "accepted calls of the storm are done within, us (p99)", 2 * room_us);
    tell_figure(all, "refused_us_p99", storm.loud.refused.quantile_us(0.99),
                "refused calls know of it within, us (p99)", 10'000);
    const auto calm_p99 = calm.quiet.done.quantile_us(0.99);
    const auto storm_p99 = storm.quiet.done.quantile_us(0.99);
    member("quiet_calm_us_p99", calm_p99);
    member("quiet_storm_us_p99", storm_p99);
    member("quiet_refused", static_cast<double>(storm.quiet.refused.count()));
    tell_figure(all, "quiet_ratio", calm_p99 > 0 ? storm_p99 / calm_p99 : 0,
                "another tenant's p99 in the storm, times what it was before", 2);
    tell_figure(all, "quiet_ratio_after",
                calm_p99 > 0 ? calm_again.quiet.done.quantile_us(0.99) / calm_p99 : 0,
                "another tenant's p99 after the storm, times what it was before", 1.5);
    tell_figure(all, "capacity_ratio_after",
                per_second > 0 ? after.done_per_second() / per_second : 0,
                "capacity after the storm, times what it was before", 0.8, false);
    char text[256];
    std::snprintf(text, sizeof text,
                  "%.0f calls/s can be served, %.0f/s came: %.0f/s were done (p50 %.1f ms), "
                  "%.1f %% refused (p50 %.0f us, p99 %.0f us)",
                  per_second, static_cast<double>(storm.loud.calls()) / storm.seconds,
                  storm.done_per_second(), storm.loud.done.quantile_us(0.5) / 1000,
                  100 * refused / std::max(1.0, static_cast<double>(storm.loud.calls())),
                  storm.loud.refused.quantile_us(0.5), storm.loud.refused.quantile_us(0.99));
    all.more.remarks.emplace_back(text);
    std::snprintf(
        text, sizeof text,
        "another tenant's calls: p99 %.1f ms before, %.1f ms in the storm (%.0f refused), "
        "%.1f ms after",
        calm_p99 / 1000, storm_p99 / 1000, static_cast<double>(storm.quiet.refused.count()),
        calm_again.quiet.done.quantile_us(0.99) / 1000);
    all.more.remarks.emplace_back(text);
  }

  /// What the storm created is there to stay; the rest has to be as it was.
  void tell_memory(measurement& all, std::uint64_t before, std::uint64_t most,
                   std::uint64_t after) {
    constexpr double mebibyte = 1 << 20;
    all.more.members.emplace_back("rss_bytes_before", static_cast<double>(before));
    all.more.members.emplace_back("rss_bytes_after", static_cast<double>(after));
    tell_figure(all, "rss_growth_mib",
                std::max(0.0, static_cast<double>(most) - static_cast<double>(before)) / mebibyte,
                "memory in the storm above that before, MiB", 64);
  }

  std::size_t threads_;
  std::uint64_t functions_;
  std::shared_ptr<bench_clock> clock_ = std::make_shared<bench_clock>();
  std::shared_ptr<slow_provider> provider_ = std::make_shared<slow_provider>(provider_time);
  std::shared_ptr<slow_store> store_;
  population population_;
  storm_caller caller_;
  std::atomic<std::uint64_t> turns_[2]{};
  std::uint64_t removed_[2]{};
};

}  // namespace

std::unique_ptr<workload> make_overload(const settings& how) {
  return std::make_unique<overload_workload>(how);
}

}  // namespace bench
