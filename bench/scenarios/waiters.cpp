#include "crowd_watch.hpp"
#include "interrupt.hpp"
#include "keeping_provider.hpp"
#include "report.hpp"
#include "share_out.hpp"
#include "sleepers.hpp"
#include "stamping_store.hpp"
#include "storage.hpp"
#include "workload.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace bench {
namespace {

/// Longer than any round.
constexpr fsm::duration wait_timeout = std::chrono::hours{1};
/// Rounds of an open loop are no longer, so that no attempt meets its deadline.
constexpr double longest_round = 60;
/// Of a closed loop, one waiter in so many is timed.
constexpr std::uint64_t sample_interval = 64;

std::string say(const fsm::error& why) {
  return std::string{fsm::to_string(why.code)} + ": " + why.message;
}

/// Turns per round.
std::uint64_t turns_for(const settings& how) {
  const auto most = std::min(how.functions, waiters_at_once_max);
  if (how.rate == 0) return most;
  const auto due = std::ceil(how.rate * std::min(how.seconds, longest_round));
  return due < static_cast<double>(most) ? static_cast<std::uint64_t>(due) : most;
}

/// What happens to the waiters of one round, and when. Callbacks come on any thread.
class round_of_waiters {
public:
  /// Before the first waiter of the round is armed. `rate` = 0: closed loop.
  void prepare(double rate, std::uint64_t turns) {
    rate_ = rate;
    fired_.store(0);
    if (rate == 0) sampled_.assign(turns / sample_interval + 1, {});
  }
  /// Before the first one is fired. Open loop: waiter k is meant to be at `begin` + k / `rate`;
  /// closed loop: `fires` is told when.
  void begin_at(time_point begin) { begin_ = begin; }
  [[nodiscard]] time_point intended(std::uint64_t turn) const {
    return intended_start(begin_, turn, 0, 1, rate_);
  }
  /// Closed loop: the provider is about to answer.
  void fires(std::uint64_t turn) {
    if (turn % sample_interval == 0) sampled_[turn / sample_interval] = clock::now();
  }
  /// The waiter's callback has begun.
  void fired(std::uint64_t turn, const fsm::expected<fsm::function_view>& got,
             const stamping_store& store) {
    if (rate_ > 0 || turn % sample_interval == 0) {
      const auto now = clock::now();
      const auto since = rate_ > 0 ? intended(turn) : sampled_[turn / sample_interval];
      const auto transition = got ? store.stamp_of(got->uid) : std::nullopt;
      const std::lock_guard lock{mutex_};
      latency_.add(now - since);
      if (transition) from_transition_.add(now - *transition);
    }
    if (!got) fail(say(got.error()));
    fired_.fetch_add(1, std::memory_order_release);
  }
  void fail(std::string why) {
    const std::lock_guard lock{mutex_};
    failed_.fail(std::move(why));
  }

  [[nodiscard]] std::uint64_t fired_so_far() const {
    return fired_.load(std::memory_order_acquire);
  }
  /// What was measured since the last time: the failures and the latencies.
  [[nodiscard]] measurement take() {
    const std::lock_guard lock{mutex_};
    auto out = std::exchange(failed_, {});
    out.latency = std::exchange(latency_, {});
    return out;
  }
  [[nodiscard]] latency_histogram take_from_transition() {
    const std::lock_guard lock{mutex_};
    return std::exchange(from_transition_, {});
  }

private:
  time_point begin_;
  double rate_ = 0;
  std::vector<time_point> sampled_;
  std::atomic<std::uint64_t> fired_{0};
  std::mutex mutex_;
  measurement failed_;
  latency_histogram latency_;
  latency_histogram from_transition_;
};

/// In an open loop, one waiter every other millisecond is a thread that is blocked.
class blocked_turns {
public:
  explicit blocked_turns(double rate)
      : interval_{rate > 0 ? std::max<std::uint64_t>(2, static_cast<std::uint64_t>(rate / 500))
                           : 0} {}
  [[nodiscard]] std::uint64_t count(std::uint64_t turns) const {
    return interval_ == 0 ? 0 : turns / interval_;
  }
  [[nodiscard]] std::uint64_t operator[](std::uint64_t number) const {
    return (number + 1) * interval_ - 1;
  }
  [[nodiscard]] bool contains(std::uint64_t turn) const {
    return interval_ != 0 && (turn + 1) % interval_ == 0;
  }

private:
  std::uint64_t interval_;
};

class waiters_workload final : public workload {
public:
  explicit waiters_workload(const settings& how)
      : threads_{how.threads},
        rate_{how.rate},
        turns_{turns_for(how)},
        blocked_{how.rate},
        names_{how.functions},
        order_{how.functions},
        store_{std::make_shared<stamping_store>(make_store(how.storage))},
        provider_{std::make_shared<keeping_provider>(order_, turns_)},
        sleepers_{how, names_, order_, plan(how)} {}

  measurement measure(const pace& how) override {
    constexpr std::uint64_t warm_up_turns = 10'000;
    auto warm_up = one_round(std::min(turns_, warm_up_turns));
    if (warm_up.failures > 0) return warm_up;
    forget();
    const auto begin = clock::now();
    measurement all;
    double longest = 0;
    do {
      const auto round_began = clock::now();
      all.add_later(one_round(turns_));
      longest = std::max(longest, seconds_between(round_began, clock::now()));
    } while (all.failures == 0 && has_time_for(longest, begin, how.seconds));
    note(all);
    return all;
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return sleepers_.bytes_per_function(); }

private:
  sleep_plan plan(const settings& how) {
    sleep_plan made;
    made.provider = provider_;
    made.store = store_;
    made.fine_tick = true;
    made.idle_after = [](std::uint64_t) { return two_weeks; };
    made.in_flight_max = std::max<std::size_t>(turns_for(how), 1);
    return made;
  }

  /// Everybody sleeps, `turns` functions are invoked, and the provider keeps its answers; then
  /// waiters are armed, and fired.
  measurement one_round(std::uint64_t turns);
  measurement arm(std::uint64_t turns);
  measurement fire(std::uint64_t turns);
  void answer_all(std::uint64_t turns);
  void wait_blocked(std::uint64_t turns);
  void note(measurement& all);
  void forget();

  std::size_t threads_;
  double rate_;
  std::uint64_t turns_;
  blocked_turns blocked_;
  name_list names_;
  scattered_order order_;
  std::shared_ptr<stamping_store> store_;
  std::shared_ptr<keeping_provider> provider_;
  round_of_waiters round_;
  latency_histogram blocked_latency_;
  measurement armed_;
  std::optional<double> slowest_thread_share_;
  sleepers sleepers_;
};

measurement waiters_workload::one_round(std::uint64_t turns) {
  require_success(sleepers_.put_to_sleep(two_weeks + std::chrono::seconds{1}, sleepers_.size()));
  provider_->keep_answers(true);
  require_success(sleepers_.invoke(turns));
  require_success(watch_crowd({"be begun", turns, [this] { return provider_->in_flight(); }, {}},
                              clock::now()));
  if (interrupted()) return {};
  provider_->keep_answers(false);
  armed_.add_later(arm(turns));
  return armed_.failures > 0 ? std::exchange(armed_, {}) : fire(turns);
}

measurement waiters_workload::arm(std::uint64_t turns) {
  round_.prepare(rate_, turns);
  const auto one = [this](std::uint64_t turn, measurement& mine) {
    if (blocked_.contains(turn)) return;
    // Two words, so that the function object needs no memory of its own.
    sleepers_.runtime()
        .wait(sleepers_.name_at(turn), fsm::active, wait_timeout,
              [this, turn](const auto& got) { round_.fired(turn, got, *store_); })
        .detach();
    ++mine.ops;
  };
  // A waiter whose condition holds is answered behind all that the thread has armed before.
  const auto all_armed = [this](measurement& mine) {
    const auto got = sleepers_.runtime().wait(names_[0], fsm::exists, call_patience);
    if (!got) mine.fail(say(got.error()));
  };
  return share_out(threads_, turns, one, all_armed);
}

measurement waiters_workload::fire(std::uint64_t turns) {
  const auto blocked = blocked_.count(turns);
  // Time for the blocked caller to get there.
  const auto begin = rate_ > 0 ? later(clock::now(), 0.01) : clock::now();
  round_.begin_at(begin);
  std::vector<std::jthread> working;
  if (blocked > 0) working.emplace_back([&] { wait_blocked(turns); });
  working.emplace_back([&] { answer_all(turns); });
  auto out = watch_crowd(
      {"have their waiters fired", turns - blocked, [this] { return round_.fired_so_far(); }, {}},
      begin);
  working.clear();  // Joins them.
  out.latency = {};
  out.slowest_thread_share = slowest_thread_share_;
  if (rate_ > 0) out.seconds = std::max(out.seconds, static_cast<double>(turns) / rate_);
  out.ops += blocked;
  out.add_later(round_.take());
  out.ops -= std::min(out.ops, out.failures);
  return out;
}

/// Gives the answers, each of which makes a function Active: on all threads as fast as they can, or
/// on one when they are due.
void waiters_workload::answer_all(std::uint64_t turns) {
  if (rate_ == 0) {
    const auto one = [this](std::uint64_t turn, measurement& mine) {
      round_.fires(turn);
      provider_->answer_kept(turn);
      ++mine.ops;
    };
    slowest_thread_share_ = share_out(threads_, turns, one).slowest_thread_share;
    return;
  }
  for (std::uint64_t turn = 0; turn < turns && !interrupted(); ++turn) {
    wait_until(round_.intended(turn));
    provider_->answer_kept(turn);
  }
  if (interrupted()) provider_->answer_all_kept();  // Somebody may be blocked.
}

/// The thread that is blocked, again and again, in a synchronous wait.
void waiters_workload::wait_blocked(std::uint64_t turns) {
  for (std::uint64_t i = 0; i < blocked_.count(turns) && !interrupted(); ++i) {
    const auto turn = blocked_[i];
    const auto from = clock::now();
    const auto got = sleepers_.runtime().wait(sleepers_.name_at(turn), fsm::active, call_patience);
    const auto now = clock::now();
    if (!got) return round_.fail(say(got.error()));
    // Not if it came too late to be blocked.
    if (from < round_.intended(turn)) blocked_latency_.add(now - round_.intended(turn));
  }
}

/// The warm-up does not count.
void waiters_workload::forget() {
  armed_ = {};
  blocked_latency_ = {};
  (void)round_.take_from_transition();
}

void waiters_workload::note(measurement& all) {
  const auto quantiles = [&all](const std::string& what, const latency_histogram& of) {
    for (const auto& [name, q] : {std::pair{"_p50", 0.5}, std::pair{"_p99", 0.99}}) {
      all.more.members.emplace_back(what + name, of.quantile_us(q));
    }
    char text[96];
    std::snprintf(text, sizeof text, "p50 %.1f us, p99 %.1f us", of.quantile_us(0.5),
                  of.quantile_us(0.99));
    return std::string{text};
  };
  all.more.members.emplace_back("armed_per_second", armed_.ops_per_second());
  all.more.members.emplace_back("fired_per_second", all.ops_per_second());
  all.more.remarks.push_back("armed " + with_commas(armed_.ops_per_second()) + "/s, fired " +
                             with_commas(all.ops_per_second()) +
                             "/s; from the transition itself to " + "the callback " +
                             quantiles("from_transition_us", round_.take_from_transition()));
  if (rate_ == 0) return;
  all.more.members.emplace_back("blocked_caller_samples",
                                static_cast<double>(blocked_latency_.count()));
  all.more.remarks.push_back("a blocked synchronous caller is back after " +
                             quantiles("blocked_caller_us", blocked_latency_) + " (" +
                             with_commas(static_cast<double>(blocked_latency_.count())) +
                             " samples)");
}

}  // namespace

std::unique_ptr<workload> make_waiters(const settings& how) {
  return std::make_unique<waiters_workload>(how);
}

}  // namespace bench
