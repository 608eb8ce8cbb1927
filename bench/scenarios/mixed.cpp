#include "call_tally.hpp"
#include "crowd_watch.hpp"
#include "function_name.hpp"
#include "interrupt.hpp"
#include "mix.hpp"
#include "report.hpp"
#include "simulation.hpp"
#include "workload.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

/// What happened, beside the time it took.
struct happenings {
  call_tally calls;
  std::uint64_t deploy_bursts = 0;
  std::uint64_t wake_storms = 0;
  std::uint64_t storm_invocations = 0;

  void merge(const happenings& other) noexcept {
    calls.merge(other.calls);
    deploy_bursts += other.deploy_bursts;
    wake_storms += other.wake_storms;
    storm_invocations += other.storm_invocations;
  }
};

/// One thread's calls. Each operation is one call, also within a burst or a storm.
class alignas(64) caller final : public operation {
public:
  caller(simulation& world, const mix& from, std::uint64_t seed, std::size_t thread,
         std::size_t threads)
      : runtime_{world.runtime()}, mix_{from}, stream_{from, seed, thread, threads} {}

  void run(std::uint64_t count, measurement& out) override {
    for (; count > 0; --count) {
      if (storm_left_ > 0) {
        wake(out);
      } else if (burst_left_ > 0) {
        deploy(out);
      } else {
        act(stream_.next(), out);
      }
    }
  }

  /// Gives what happened since the last time.
  [[nodiscard]] happenings take() { return std::exchange(happened_, {}); }

private:
  [[nodiscard]] function_name name(std::uint64_t function) const noexcept {
    return {function, mix_.functions()};
  }

  void act(const action& what, measurement& out) {
    switch (what.kind) {
      case action_kind::invoke: invoke(name(what.function), out); break;
      case action_kind::get: count(call_kind::get, runtime_.get(name(what.function)), out); break;
      case action_kind::update: (void)update(what.function, out); break;
      case action_kind::list: list(out); break;
      case action_kind::create: create_some(what.function, out); break;
      case action_kind::remove: remove(what.function, out); break;
      case action_kind::deploy_burst:
        ++happened_.deploy_bursts;
        burst_left_ = std::min(mix_.shape().deploy_burst.functions, mix_.functions());
        burst_at_ = what.function;
        deploy(out);
        break;
      case action_kind::wake_storm:
        ++happened_.wake_storms;
        storm_left_ = mix_.shape().wake_storm.functions;
        wake(out);
        break;
    }
  }

  /// Counts an answer. True when it was accepted.
  template <class Answer>
  bool count(call_kind kind, const Answer& answer, measurement& out) {
    const auto how = answer ? fsm::errc::none : answer.error().code;
    happened_.calls.add(kind, how);
    if (is_failure(kind, how)) {
      out.fail(std::string{call_kind_names[static_cast<std::size_t>(kind)]} + ": " +
               to_text(answer.error()));
    }
    return how == fsm::errc::none;
  }

  void invoke(std::string_view whom, measurement& out) {
    auto admission = runtime_.admit(whom);
    if (count(call_kind::invoke, admission, out)) admission->complete();
  }

  /// False when there is no such function.
  bool update(std::uint64_t function, measurement& out) {
    const auto answer = runtime_.update({.name = std::string{name(function)}});
    count(call_kind::update, answer, out);
    return answer || answer.error().code != fsm::errc::not_found;
  }

  void create(std::uint64_t function, measurement& out) {
    auto request = mix_.request_for(function);
    request.name = name(function);
    count(call_kind::create, runtime_.create(std::move(request)), out);
  }

  /// A function that this thread deleted earlier; when there is none, whichever was drawn.
  void create_some(std::uint64_t otherwise, measurement& out) {
    if (deleted_.empty()) return create(otherwise, out);
    const auto function = deleted_.front();
    deleted_.pop_front();
    create(function, out);
  }

  void remove(std::uint64_t function, measurement& out) {
    constexpr std::size_t deleted_max = 65'536;
    if (!count(call_kind::remove, runtime_.remove(name(function)), out)) return;
    if (deleted_.size() == deleted_max) deleted_.pop_front();  // Gone for good.
    deleted_.push_back(function);
  }

  /// Pages of 100, one after the other, of the functions in one State; then in the next one.
  void list(measurement& out) {
    static constexpr std::array filters{fsm::active.fulfilled, fsm::inactive.fulfilled};
    const auto page =
        runtime_.list({.pairs = filters[list_filter_], .limit = 100, .cursor = list_cursor_});
    count(call_kind::list, page, out);
    list_cursor_ = page ? page->cursor : 0;
    if (list_cursor_ == 0) list_filter_ = (list_filter_ + 1) % filters.size();
  }

  /// The next function of a burst: an update, or a create if it is not there.
  void deploy(measurement& out) {
    const auto function = burst_at_;
    if (burst_creates_) {
      burst_creates_ = false;
      create(function, out);
    } else if (!update(function, out)) {
      burst_creates_ = true;
      return;
    }
    burst_at_ = (burst_at_ + 1) % mix_.functions();
    --burst_left_;
  }

  /// The next call of a storm: an invocation, or a look for more functions that are Inactive.
  void wake(measurement& out) {
    constexpr std::uint64_t page_max = 10'000;
    if (!asleep_.empty()) {
      invoke(asleep_.back(), out);
      asleep_.pop_back();
      ++happened_.storm_invocations;
      --storm_left_;
      return;
    }
    auto page = runtime_.list({.pairs = fsm::inactive.fulfilled,
                               .limit = std::min(storm_left_, page_max),
                               .cursor = storm_cursor_});
    if (!count(call_kind::list, page, out)) return void(storm_left_ = 0);
    for (auto& each : page->functions) asleep_.push_back(std::move(each.name));
    storm_cursor_ = page->cursor;
    // No more of them: the next storm looks from the start.
    if (asleep_.empty() && storm_cursor_ == 0) storm_left_ = 0;
  }

  fsm::runtime& runtime_;
  const mix& mix_;
  action_stream stream_;
  happenings happened_;
  std::deque<std::uint64_t> deleted_;
  std::size_t list_filter_ = 0;
  std::uint64_t list_cursor_ = 0;
  std::uint64_t burst_left_ = 0;
  std::uint64_t burst_at_ = 0;
  bool burst_creates_ = false;
  std::uint64_t storm_left_ = 0;
  std::uint64_t storm_cursor_ = 0;
  std::vector<std::string> asleep_;
};

/// The reclaimer looks at idle times in ticks of a 4096th of the default one, at most a second: at
/// a few milliseconds of real time.
fsm::duration default_idle_time(double time_factor) {
  return std::chrono::ceil<fsm::duration>(
      std::chrono::duration<double>(4096 * 0.004 * time_factor));
}

class mixed_workload final : public workload {
public:
  explicit mixed_workload(const settings& how)
      : file_{how.population_file},
        mix_{how.population, how.functions, how.seed},
        world_{how, default_idle_time(how.population.time_factor),
               [this](auto which) { return mix_.request_for(which); }} {
    require_created(world_.create_all(), how.functions);
    for (std::size_t i = 0; i < how.threads; ++i) {
      callers_.push_back(std::make_unique<caller>(world_, mix_, how.seed, i, how.threads));
    }
    leave_alone();
    world_.clock().speed_up(how.population.time_factor);
  }

  measurement measure(const pace& how) override {
    const auto begin = world_.clock().now();
    auto got = run_threads(callers_, how);
    const auto simulated = world_.clock().now() - begin;
    happenings all;
    for (const auto& each : callers_) all.merge(static_cast<caller&>(*each).take());
    got.more = told(all, simulated);
    return got;
  }

  std::uint64_t functions() const override { return mix_.functions(); }
  double bytes_per_function() const override { return world_.bytes_per_function(); }

private:
  [[nodiscard]] extras told(const happenings& happened, fsm::duration simulated) {
    const auto seconds = std::chrono::duration<double>(simulated).count();
    const auto active = world_.count(fsm::active.fulfilled);
    const auto inactive = world_.count(fsm::inactive.fulfilled);
    extras made;
    made.remarks.push_back((file_.empty() ? "the default population" : "the population " + file_) +
                           ", " + with_commas(seconds) + " s simulated; at the end " +
                           with_commas(static_cast<double>(active)) + " Active, " +
                           with_commas(static_cast<double>(inactive)) + " Inactive");
    for (auto& line : happened.calls.to_lines()) made.remarks.push_back(std::move(line));
    made.remarks.push_back(std::to_string(happened.deploy_bursts) + " deploy bursts, " +
                           std::to_string(happened.wake_storms) + " wake storms with " +
                           with_commas(static_cast<double>(happened.storm_invocations)) +
                           " invocations");
    if (happened.calls.throttled() > 0.001)
      made.remarks.emplace_back("WARNING: too many calls got too_many_requests to say much");
    made.members.emplace_back(
        "mix", "{\"simulated_seconds\":" + std::to_string(seconds) + ",\"active\":" +
                   std::to_string(active) + ",\"inactive\":" + std::to_string(inactive) +
                   ",\"deploy_bursts\":" + std::to_string(happened.deploy_bursts) +
                   ",\"wake_storms\":" + std::to_string(happened.wake_storms) +
                   ",\"storm_invocations\":" + std::to_string(happened.storm_invocations) +
                   ",\"calls\":" + happened.calls.to_json() + "}");
    return made;
  }

  /// Lets all functions become Inactive, as most of a platform's are at any moment: those with the
  /// shortest idle times first, like in a platform, so that little is under way at once.
  void leave_alone() {
    std::map<fsm::duration, std::uint64_t> idle_times;
    for (std::uint64_t i = 0; i < mix_.functions() && !interrupted(); ++i)
      ++idle_times[mix_.idle_time_of(i)];
    fsm::duration passed = -std::chrono::seconds{2};  // Two ticks of the reclaimer.
    std::uint64_t idle = 0;
    for (const auto& [after, functions] : idle_times) {
      world_.clock().jump(after - passed);
      passed = after;
      idle += functions;
      require_success(watch_crowd(
          {"become Inactive", idle, [this] { return world_.count(fsm::inactive.fulfilled); }, {}},
          clock::now()));
      if (interrupted()) return;
    }
  }

  std::string file_;
  mix mix_;
  simulation world_;
  std::vector<std::unique_ptr<operation>> callers_;
};

}  // namespace

std::unique_ptr<workload> make_mixed(const settings& how) {
  return std::make_unique<mixed_workload>(how);
}

}  // namespace bench
