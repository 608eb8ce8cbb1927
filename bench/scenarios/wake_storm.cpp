#include "crowd_watch.hpp"
#include "interrupt.hpp"
#include "keeping_provider.hpp"
#include "sleepers.hpp"
#include "workload.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

namespace bench {
namespace {

/// Functions of the storm in which the provider does not answer: enough to see that only so many
/// attempts are in flight as may be.
std::uint64_t held_storm_size(const settings& how) {
  return std::min<std::uint64_t>(how.functions, 4 * fsm::provisioner_options{}.in_flight_max);
}

class wake_storm_workload final : public workload {
public:
  explicit wake_storm_workload(const settings& how)
      : names_{how.functions},
        order_{how.functions},
        provider_{std::make_shared<keeping_provider>(order_, held_storm_size(how))},
        held_storm_size_{held_storm_size(how)},
        sleepers_{how, names_, order_, plan()} {}

  measurement measure(const pace& how) override {
    require_success(fall_asleep());
    auto all = storm_without_answers();
    if (all.failures > 0 || interrupted()) return all;
    const auto begin = clock::now();
    double longest = 0;
    std::uint64_t rounds = 0;
    do {
      const auto round_began = clock::now();
      require_success(fall_asleep());
      if (interrupted()) break;
      all.add_later(sleepers_.wake(names_.size()));
      longest = std::max(longest, seconds_between(round_began, clock::now()));
      ++rounds;
    } while (all.failures == 0 && has_time_for(longest, begin, how.seconds));
    note(all, rounds);
    return all;
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return sleepers_.bytes_per_function(); }

private:
  static constexpr std::size_t in_flight_max = fsm::provisioner_options{}.in_flight_max;

  sleep_plan plan() {
    sleep_plan made;
    made.provider = provider_;
    made.fine_tick = true;
    made.idle_after = [](std::uint64_t) { return two_weeks; };
    return made;
  }

  measurement fall_asleep() {
    return sleepers_.put_to_sleep(two_weeks + std::chrono::seconds{1}, names_.size());
  }

  /// The provider keeps its answers until everybody has been invoked: as many attempts as the
  /// runtime allows are in flight, and no more. Also the warm-up. Its operations do not count.
  measurement storm_without_answers() {
    provider_->forget_most();
    provider_->keep_answers(true);
    const auto asked = sleepers_.invoke(held_storm_size_);
    const auto begun = std::min<std::uint64_t>(held_storm_size_, in_flight_max);
    const auto all_begun = watch_crowd(
        {"be begun", begun, [this] { return provider_->in_flight(); }, {}}, clock::now());
    // Would there be more?
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    provider_->answer_all_kept();
    const auto awake = watch_crowd(
        {"wake up", held_storm_size_, [this] { return sleepers_.count(fsm::pairs::ready); }, {}},
        clock::now());
    measurement nothing;
    for (const auto* each : {&asked, &all_begun, &awake}) {
      if (each->failures > 0) nothing.fail(each->first_failure);
    }
    return nothing;
  }

  void note(measurement& all, std::uint64_t rounds) {
    const auto most = provider_->in_flight_most();
    const auto refused = sleepers_.refused();
    if (most > in_flight_max) {
      all.fail(std::to_string(most) + " attempts were in flight at once, " +
               std::to_string(in_flight_max) + " are allowed");
    }
    all.remarks.push_back(std::to_string(rounds) + (rounds == 1 ? " storm" : " storms") +
                          "; at most " + std::to_string(most) +
                          " attempts in flight at once (allowed: " + std::to_string(in_flight_max) +
                          "), also while a provider kept its answers; " + std::to_string(refused) +
                          " invocations found the runtime too busy and were tried again");
    all.figures.push_back({"attempts_in_flight_most", static_cast<double>(most)});
    all.figures.push_back({"too_many_requests", static_cast<double>(refused)});
  }

  name_list names_;
  scattered_order order_;
  std::shared_ptr<keeping_provider> provider_;
  std::uint64_t held_storm_size_;
  sleepers sleepers_;
};

}  // namespace

std::unique_ptr<workload> make_wake_storm(const settings& how) {
  return std::make_unique<wake_storm_workload>(how);
}

}  // namespace bench
