#include "crowd_watch.hpp"
#include "function_name.hpp"
#include "interrupt.hpp"
#include "machine.hpp"
#include "report.hpp"
#include "scattered_order.hpp"
#include "simulation.hpp"
#include "workload.hpp"

#include <chrono>
#include <thread>
#include <vector>

namespace bench {
namespace {

constexpr fsm::duration idle_after = std::chrono::days{14};

struct phase {
  std::string name;
  std::uint64_t ops;
  double seconds;
  std::uint64_t rss_bytes;

  [[nodiscard]] double ops_per_second() const {
    return seconds > 0 ? static_cast<double>(ops) / seconds : 0;
  }
};

/// Takes all functions through their lives, phase by phase, once.
class life_workload final : public workload {
public:
  explicit life_workload(const settings& how) : world_{how, idle_after}, places_{how.functions} {}

  measurement measure(const pace& /*how*/) override {
    phases_.clear();
    all_ = {};
    const bool all_went_well = does("create", [&] { return world_.create_all(); }) &&
                               does("invoke", [&] { return invoke_all(); }) &&
                               does("idle", [&] { return idle(); }) &&
                               does("wake", [&] { return wake_all(); }) &&
                               does("invoke_again", [&] { return invoke_all(); }) &&
                               does("remove", [&] { return world_.remove_all(); });
    if (all_went_well && world_.runtime().size() != 0) all_.fail("functions are left at the end");
    all_.more = told();
    return std::move(all_);
  }

  std::uint64_t functions() const override { return world_.functions(); }
  double bytes_per_function() const override { return world_.bytes_per_function(); }

private:
  [[nodiscard]] extras told() const {
    extras made;
    std::string list;
    for (const auto& each : phases_) {
      made.remarks.push_back(each.name + ": " + with_commas(each.ops_per_second()) + "/s, " +
                             std::to_string(each.seconds) + " s, rss " +
                             with_commas(static_cast<double>(each.rss_bytes) / (1U << 20)) +
                             " MiB");
      list.append(list.empty() ? "" : ",")
          .append("{\"phase\":\"" + each.name + "\",\"ops\":" + std::to_string(each.ops) +
                  ",\"seconds\":" + std::to_string(each.seconds) +
                  ",\"ops_per_second\":" + std::to_string(each.ops_per_second()) +
                  ",\"rss_bytes\":" + std::to_string(each.rss_bytes) + "}");
    }
    made.members.emplace_back("phases", "[" + list + "]");
    return made;
  }

  /// Measures a phase. False when something failed, or when interrupted: no further one makes
  /// sense.
  template <class Work>
  bool does(const char* name, Work work) {
    auto got = work();
    phases_.push_back({name, got.ops, got.seconds, resident_bytes()});
    all_.add_later(got);
    if (all_.failures == 0 && !interrupted() && got.ops != functions()) {
      all_.fail(std::string{name} + ": only " + std::to_string(got.ops) + " functions got through");
    }
    return all_.failures == 0 && !interrupted();
  }

  /// Calls `step(name, out)` for each function once, in an order that is not that of memory.
  template <class Step>
  measurement for_each(const char* label, Step step) {
    constexpr std::uint64_t interval = 64;
    return world_.in_parts(label, [&](const share_of_functions& mine) {
      measurement out;
      for (auto i = mine.first; i != mine.last && !interrupted(); ++i) {
        const function_name name{places_[i], functions()};
        const bool is_sample = (i - mine.first) % interval == 0;
        const auto begin = is_sample ? clock::now() : time_point{};
        if (!step(name, out)) return out;
        ++out.ops;
        if (!is_sample) continue;
        out.latency.add(clock::now() - begin);
        world_.progress().fetch_add(interval, std::memory_order_relaxed);
      }
      return out;
    });
  }

  measurement invoke_all() {
    return for_each("invoking functions", [this](std::string_view name, measurement& out) {
      auto admission = world_.runtime().admit(name);
      if (!admission) return failed(out, admission.error());
      admission->complete();
      return true;
    });
  }

  /// Lets all idle times end at once.
  measurement idle() {
    const auto begin = clock::now();
    world_.clock().jump(idle_after + std::chrono::seconds{2});  // Two ticks of the reclaimer.
    auto out = watch_crowd({"become Inactive",
                            functions(),
                            [this] { return world_.count(fsm::inactive.fulfilled); },
                            {}},
                           begin);
    out.latency = {};  // Nobody waits for a single function.
    return out;
  }

  /// Invokes every function, which is refused and starts its restore, and then again until it is
  /// admitted.
  measurement wake_all() {
    const auto begin = clock::now();
    auto out = for_each("waking functions", [this](std::string_view name, measurement& part) {
      const auto admission = world_.runtime().admit(name);
      if (!admission && admission.error().code == fsm::errc::function_initializing) return true;
      if (!admission) return failed(part, admission.error());
      part.fail(std::string{name} + " was not Inactive");
      return false;
    });
    if (out.failures > 0 || interrupted()) return out;
    const auto woken =
        for_each("waking functions", [this](std::string_view name, measurement& part) {
          return invoke_until_admitted(name, part);
        });
    out.ops = woken.ops;
    if (woken.failures > 0) out.fail(woken.first_failure);
    out.seconds = seconds_between(begin, clock::now());
    return out;
  }

  bool invoke_until_admitted(std::string_view name, measurement& out) {
    for (time_point end; !interrupted();) {
      auto admission = world_.runtime().admit(name);
      if (admission) {
        admission->complete();
        return true;
      }
      if (admission.error().code != fsm::errc::function_initializing)
        return failed(out, admission.error());
      const auto now = clock::now();
      if (end == time_point{}) end = now + call_patience;
      if (now > end) return failed(out, admission.error());
      std::this_thread::yield();
    }
    return false;
  }

  static bool failed(measurement& out, const fsm::error& why) {
    out.fail(to_text(why));
    return false;
  }

  simulation world_;
  scattered_order places_;
  std::vector<phase> phases_;
  measurement all_;
};

}  // namespace

std::unique_ptr<workload> make_life(const settings& how) {
  return std::make_unique<life_workload>(how);
}

}  // namespace bench
