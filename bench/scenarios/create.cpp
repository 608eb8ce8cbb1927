#include "interrupt.hpp"
#include "machine.hpp"
#include "population.hpp"
#include "reduce.hpp"
#include "report.hpp"
#include "workload.hpp"
#include "write_probe.hpp"

#include <algorithm>

namespace bench {
namespace {

/// Creates the whole population, again and again in a new runtime, while there is time for one
/// more. The first time is always brought to its end (in a closed loop), however long it takes. On
/// disk each time is followed by RocksDB alone, which writes the same.
class create_workload final : public workload {
public:
  explicit create_workload(const settings& how)
      : settings_{how},
        in_flight_{how.in_flight.value_or(1)},
        names_{how.functions},
        warm_up_names_{std::clamp<std::uint64_t>(how.functions / 100, 1, 10'000)} {}

  measurement measure(const pace& how) override {
    create_once(warm_up_names_, {});
    measurement all;
    durable_ = {};
    double longest = 0;
    do {
      const auto once =
          settings_.storage.on_disk() ? create_durably(how, all) : create_once(names_, how);
      if (bytes_per_function_ == 0) bytes_per_function_ = population_bytes_;
      longest = std::max(longest, once.seconds);
      functions_ = once.ops;
      all.add_later(once);
    } while (how.rate == 0 && all.failures == 0 && !interrupted() &&
             all.seconds + longest <= how.seconds);
    note_durable(all, how);
    return all;
  }

  std::uint64_t functions() const override { return functions_; }
  double bytes_per_function() const override { return bytes_per_function_; }
  std::uint64_t rss_bytes() const override { return rss_bytes_; }

private:
  /// What was measured on disk besides.
  struct durable_rounds {
    std::vector<double> speeds;  ///< Transitions per second.
    std::vector<double> ratios;  ///< To those of RocksDB alone.
    std::vector<double> raw_speeds;
    commit_counts commits;
    double seconds = 0;
    bool complete = true;
  };

  measurement create_once(const name_list& names, const pace& how, write_probe* probe = nullptr) {
    population_.reset();  // One after the other: two at once would not fit into the estimate.
    population_.emplace(settings_, names);
    if (probe != nullptr) probe->begin();
    auto once = population_->create_all(settings_.threads, in_flight_, how);
    population_bytes_ = population_->bytes_per_function();
    return once;
  }

  measurement create_durably(const pace& how, measurement& all);
  void note_durable(measurement& all, const pace& how);

  settings settings_;
  std::size_t in_flight_;
  name_list names_;
  name_list warm_up_names_;
  std::optional<population> population_;
  std::uint64_t functions_ = 0;
  double population_bytes_ = 0;
  double bytes_per_function_ = 0;
  std::uint64_t rss_bytes_ = 0;
  durable_rounds durable_;
};

measurement create_workload::create_durably(const pace& how, measurement& all) {
  auto& meter = *settings_.storage.meter;
  write_probe probe{settings_.storage};
  (void)meter.take();
  auto once = create_once(names_, how, &probe);
  rss_bytes_ = resident_bytes();
  population_.reset();
  const auto commits = meter.take();
  if (interrupted() || once.failures > 0 || once.seconds == 0) return once;
  probe.end();
  const auto raw = probe.write();
  if (interrupted()) return once;
  require_success(raw);
  const auto speed = static_cast<double>(commits.transitions) / once.seconds;
  durable_.speeds.push_back(speed);
  durable_.raw_speeds.push_back(raw.ops_per_second());
  durable_.ratios.push_back(speed / raw.ops_per_second());
  durable_.complete = durable_.complete && probe.written().complete;
  durable_.commits.add(commits);
  durable_.seconds += once.seconds;
  if (all.ops == 0) note_sizes(once, probe.compact(), once.ops);
  return once;
}

void create_workload::note_durable(measurement& all, const pace& how) {
  if (durable_.ratios.empty()) return;
  constexpr double transitions_target = 200'000;
  constexpr double ratio_target = 0.4;
  const auto speeds = spread_of(durable_.speeds);
  const auto raw = spread_of(durable_.raw_speeds);
  const auto ratios = spread_of(durable_.ratios);
  note_commits(all, durable_.commits, durable_.seconds);
  all.more.remarks.push_back("RocksDB alone: " + with_commas(raw.median) + " transitions/s (" +
                             with_commas(raw.lowest) + " - " + with_commas(raw.highest) +
                             ") with the same records in the same batches" +
                             (durable_.complete ? "" : ", the first that fit into memory"));
  all.more.members.emplace_back("raw_transitions_per_second", raw.median);
  all.more.members.emplace_back("raw_ratio", ratios.median);
  all.more.members.emplace_back("raw_ratio_lowest", ratios.lowest);
  all.more.members.emplace_back("raw_ratio_highest", ratios.highest);
  if (how.rate > 0 || !settings_.storage.synced) return;  // They are for the full speed, synced.
  all.more.targets.push_back({"durable transitions/s", speeds.median, transitions_target});
  all.more.targets.push_back({"of RocksDB alone", ratios.median, ratio_target});
}

}  // namespace

std::unique_ptr<workload> make_create(const settings& how) {
  return std::make_unique<create_workload>(how);
}

}  // namespace bench
