#include "function_range.hpp"
#include "interrupt.hpp"
#include "machine.hpp"
#include "population.hpp"
#include "progress.hpp"
#include "reduce.hpp"
#include "report.hpp"
#include "workload.hpp"
#include "write_probe.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

/// Creates per second: two transitions each, so a tenth of the 200,000 durable transitions per
/// second that `create` is to reach.
constexpr double default_rate = 10'000;
/// Outstanding at most; a rate that is kept needs a few hundred.
constexpr std::size_t in_flight = 4096;

/// Creates functions. A call ends with the reply to it, which is due when the first of the
/// function's two transitions is durable.
class replied_creates final : public function_range {
public:
  replied_creates(fsm::runtime& runtime, const name_list& names,
                  std::atomic<std::uint64_t>& progress)
      : function_range{0, names.size(), progress}, runtime_{runtime}, names_{names} {}

  void start(outstanding_call& which) override {
    fsm::create_request what;
    what.name = names_[which.item()];
    runtime_.create(std::move(what),
                    [at = &which](const auto& got) { at->finish(got ? nullptr : &got.error()); });
  }

private:
  fsm::runtime& runtime_;
  const name_list& names_;
};

/// Rounds, each in a new runtime and store: creates at the rate, then RocksDB alone, which commits
/// what was committed, as often per second.
class acknowledge_workload final : public workload {
public:
  explicit acknowledge_workload(const settings& how)
      : settings_{how},
        rate_{how.rate > 0 ? how.rate : default_rate},
        round_seconds_{how.seconds / rounds},
        names_{std::clamp<std::uint64_t>(
            static_cast<std::uint64_t>(std::ceil(rate_ * round_seconds_)), 1, how.functions)} {}

  measurement measure(const pace& /*how*/) override {
    measurement all;
    measurement raw;
    std::vector<double> ratios;
    (void)settings_.storage.meter->take();
    const auto label = settings_.storage.label;
    for (std::size_t i = 0; i <= rounds && !interrupted(); ++i) {
      // Each its own place: deleting large files can hold up the syncs that follow for long.
      settings_.storage.label = label + '-' + std::to_string(i);
      write_probe probe{settings_.storage};
      const auto once = create(probe);
      const auto commits = settings_.storage.meter->take();
      if (i == 0 && once.failures == 0) continue;  // The warm-up.
      all.add_later(once);
      if (once.failures > 0 || interrupted()) break;
      const auto per_second = static_cast<double>(commits.commits) / once.seconds;
      const auto alone = write_alone(probe, per_second);
      require_success(alone);
      if (interrupted()) break;
      commits_.add(commits);
      ratios.push_back(once.latency.quantile_us(0.99) / alone.latency.quantile_us(0.99));
      raw.add_later(alone);
    }
    note(all, raw, std::move(ratios));
    return all;
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return bytes_per_function_; }
  std::uint64_t rss_bytes() const override { return rss_bytes_; }

private:
  static constexpr std::size_t rounds = 5;  // An odd number, so that there is a middle one.

  measurement create(write_probe& probe) {
    population whom{settings_, names_};
    probe.begin();
    std::atomic<std::uint64_t> progress{0};
    replied_creates work{whom.runtime(), names_, progress};
    const progress_line line{"acknowledge: measuring", share_of_time(round_seconds_)};
    // One thread that sleeps between the calls is enough, and leaves the cores to the runtime.
    auto once =
        window_.run(work, {.how = {round_seconds_, rate_}, .begin = clock::now(), .sleeps = true});
    rss_bytes_ = resident_bytes();
    return once;
  }

  measurement write_alone(write_probe& probe, double batches_per_second) {
    probe.end();
    const progress_line line{"acknowledge: RocksDB alone", share_of_time(round_seconds_)};
    return probe.write_paced(batches_per_second, round_seconds_);
  }

  void note(measurement& all, const measurement& raw, std::vector<double> ratios) {
    constexpr double ratio_target = 4;
    if (ratios.empty()) return;
    const auto spread = spread_of(std::move(ratios));
    note_commits(all, commits_, all.seconds);
    if (all.ops_per_second() < 0.95 * rate_) {
      all.more.remarks.push_back("WARNING: it did not keep up with " + with_commas(rate_) +
                                 "/s: latencies grew until the end");
    }
    const auto p50 = raw.latency.quantile_us(0.5);
    const auto p99 = raw.latency.quantile_us(0.99);
    char text[192];
    std::snprintf(text, sizeof text,
                  "RocksDB alone, the same commits as often: p50 %.0f us, p99 %.0f us, max %.0f "
                  "us; ratio of the "
                  "p99 %.2f (%.2f - %.2f)",
                  p50, p99, raw.latency.max_us(), spread.median, spread.lowest, spread.highest);
    all.more.remarks.emplace_back(text);
    all.more.members.emplace_back("rate", rate_);
    all.more.members.emplace_back("raw_commit_us_p50", p50);
    all.more.members.emplace_back("raw_commit_us_p99", p99);
    all.more.members.emplace_back("raw_commit_us_max", raw.latency.max_us());
    all.more.members.emplace_back("raw_p99_ratio", spread.median);
    all.more.members.emplace_back("raw_p99_ratio_lowest", spread.lowest);
    all.more.members.emplace_back("raw_p99_ratio_highest", spread.highest);
    if (settings_.storage.synced)
      all.more.targets.push_back(
          {"p99 by that of RocksDB alone", spread.median, ratio_target, true});
  }

  settings settings_;
  double rate_;
  double round_seconds_;
  name_list names_;
  call_window window_{in_flight};
  commit_counts commits_;
  double bytes_per_function_ = 0;
  std::uint64_t rss_bytes_ = 0;
};

}  // namespace

std::unique_ptr<workload> make_acknowledge(const settings& how) {
  return std::make_unique<acknowledge_workload>(how);
}

}  // namespace bench
