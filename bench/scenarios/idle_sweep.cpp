#include "crowd_watch.hpp"
#include "function_name.hpp"
#include "interrupt.hpp"
#include "sleepers.hpp"
#include "workload.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {
namespace {

/// When the functions of a round fall due: turn k at `begin` + k / rate, to the millisecond.
class due_times {
public:
  explicit due_times(double rate) : rate_{rate} {}
  void begin_at(time_point begin) { begin_ = begin; }
  [[nodiscard]] fsm::duration offset(std::uint64_t turn) const {
    return fsm::duration{static_cast<std::int64_t>(static_cast<double>(turn) * 1e3 / rate_)};
  }
  [[nodiscard]] time_point of(std::uint64_t turn) const { return begin_ + offset(turn); }

private:
  double rate_;
  time_point begin_;
};

/// Sees functions become Inactive, and how long after they were due.
class sleep_watch final : public fsm::observer {
public:
  sleep_watch(const scattered_order& order, due_times due, std::uint64_t turns)
      : order_{order}, due_{due}, turns_{turns} {}

  void on_transition(const fsm::transition& what) override {
    if (what.to.state != fsm::state::inactive) return;
    const auto turn = order_.turn_of(function_name::index_of(what.name));
    if (turn >= turns_) return;
    const std::lock_guard lock{mutex_};
    latency_.add(clock::now() - due_.of(turn));
    seen_.fetch_add(1);
  }
  [[nodiscard]] std::uint64_t seen() const { return seen_.load(); }
  [[nodiscard]] latency_histogram take_latency() {
    const std::lock_guard lock{mutex_};
    return std::exchange(latency_, {});
  }

private:
  const scattered_order& order_;
  due_times due_;
  std::uint64_t turns_;
  std::mutex mutex_;
  latency_histogram latency_;
  std::atomic<std::uint64_t> seen_{0};
};

/// Longer than any run, so that functions that are not meant do not fall asleep.
fsm::duration idle_time_for(const settings& how) {
  return std::chrono::minutes{10} +
         std::chrono::round<fsm::duration>(std::chrono::duration<double>(2 * how.seconds));
}

/// Closed loop: the library's defaults. Open loop: a fine tick, as latencies count from the due
/// time.
sleep_plan plan_for(const settings& how) {
  sleep_plan made;
  if (how.rate == 0) return made;
  made.fine_tick = true;
  made.idle_after = [idle = idle_time_for(how)](std::uint64_t) { return idle; };
  return made;
}

class idle_sweep_workload final : public workload {
public:
  explicit idle_sweep_workload(const settings& how)
      : names_{how.functions},
        order_{how.functions},
        idle_time_{idle_time_for(how)},
        sleepers_{how, names_, order_, plan_for(how)} {}

  measurement measure(const pace& how) override {
    const auto turns = how.rate > 0 ? turns_at_rate(how) : names_.size();
    // The first round is the warm-up.
    auto warm_up = one_round(how, how.rate > 0 ? turns / 5 + 1 : turns);
    if (warm_up.failures > 0) return warm_up;
    const auto begin = clock::now();
    measurement all;
    double longest = 0;
    std::uint64_t rounds = 0;
    do {
      const auto round_began = clock::now();
      all.add_later(one_round(how, turns));
      longest = std::max(longest, seconds_between(round_began, clock::now()));
      ++rounds;
    } while (all.failures == 0 && has_time_for(longest, begin, how.seconds));
    all.remarks.push_back(
        std::to_string(rounds) + (rounds == 1 ? " round; " : " rounds; ") +
        (how.rate > 0 ? "latencies count from the due time, which is exact to a millisecond"
                      : "latencies count from the moment at which all idle times ended"));
    return all;
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return sleepers_.bytes_per_function(); }

private:
  [[nodiscard]] std::uint64_t turns_at_rate(const pace& how) const {
    const auto due = std::ceil(how.rate * how.seconds);
    return due < static_cast<double>(names_.size()) ? static_cast<std::uint64_t>(due)
                                                    : names_.size();
  }

  /// Whoever sleeps is woken; then a sweep.
  measurement one_round(const pace& how, std::uint64_t turns) {
    require_success(sleepers_.wake(asleep_));
    if (interrupted()) return {};
    auto swept = how.rate > 0 ? sweep_at_rate(how.rate, std::min(turns, names_.size()))
                              : sleepers_.put_to_sleep(beyond_two_weeks, names_.size());
    asleep_ = swept.ops;
    return swept;
  }

  measurement sweep_at_rate(double rate, std::uint64_t turns) {
    due_times due{rate};
    const auto first_due = spread(due, turns);
    // After a jump the wheel looks at every function again: not in the measured time.
    const auto lead = std::chrono::milliseconds{500} + fsm::duration{names_.size() / 5'000};
    sleepers_.clock().jump(first_due - lead - sleepers_.clock().now());
    due.begin_at(sleepers_.clock().go() + lead);
    const auto watch = std::make_shared<sleep_watch>(order_, due, turns);
    auto subscription = sleepers_.runtime().watch(watch);
    const auto released = sleepers_.provider().released();
    auto out = watch_crowd({"fall asleep", turns, [&] { return watch->seen(); }, {}}, due.of(0));
    sleepers_.clock().stop();
    subscription.cancel();
    out.latency = watch->take_latency();
    out.seconds = std::max(out.seconds, static_cast<double>(turns) / rate);
    const auto quiet = sleepers_.wait_for_releases(released, out.ops);
    if (quiet.failures > 0) out.fail(quiet.first_failure);
    return out;
  }

  /// With the clock at a stand, invokes every function at the moment from which on its idle time
  /// ends when it is due; those that are not meant to fall due, later. Gives when the first is due.
  fsm::timestamp spread(const due_times& due, std::uint64_t turns) {
    constexpr std::chrono::minutes out_of_the_way{5};
    auto& clock = sleepers_.clock();
    clock.stop();
    const auto base = clock.now();
    for (std::uint64_t turn = 0; turn < names_.size() && !interrupted(); ++turn) {
      const auto when = base + due.offset(std::min(turn, turns)) +
                        (turn < turns ? fsm::duration{0} : out_of_the_way);
      if (when > clock.now()) clock.jump(when - clock.now());
      if (auto admission = sleepers_.runtime().admit(sleepers_.name_at(turn))) {
        admission->complete();
      } else {
        throw std::runtime_error{"an Active function refused an invocation: " +
                                 admission.error().message};
      }
    }
    return base + idle_time_;
  }

  static constexpr fsm::duration beyond_two_weeks = two_weeks + std::chrono::seconds{2};

  name_list names_;
  scattered_order order_;
  fsm::duration idle_time_;
  /// The first so many turns are Inactive.
  std::uint64_t asleep_ = 0;
  sleepers sleepers_;
};

}  // namespace

std::unique_ptr<workload> make_idle_sweep(const settings& how) {
  return std::make_unique<idle_sweep_workload>(how);
}

}  // namespace bench
