#include "closed_store.hpp"
#include "data_directory.hpp"
#include "function_name.hpp"
#include "interrupt.hpp"
#include "machine.hpp"
#include "population.hpp"
#include "progress.hpp"
#include "recover_load.hpp"
#include "reduce.hpp"
#include "report.hpp"
#include "update_work.hpp"
#include "workload.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace bench {
namespace {

namespace fs = std::filesystem;

/// Creates and updates outstanding per thread while the store is made.
constexpr std::size_t default_in_flight = 4096;
constexpr std::size_t rounds = 3;  // An odd number, so that there is a middle one.

class recovery_watch final : public fsm::observer {
public:
  explicit recovery_watch(std::uint64_t functions) : functions_{functions} {}
  void on_recovery(const fsm::recovery_progress& so_far) override { done_.store(so_far.functions); }
  [[nodiscard]] double share() const {
    return static_cast<double>(done_.load()) / static_cast<double>(functions_);
  }

private:
  std::uint64_t functions_;
  std::atomic<std::uint64_t> done_{0};
};

/// Start-ups on one store, and RocksDB alone, which opens it and reads the same records.
struct start_ups {
  std::vector<double> seconds;
  std::vector<double> raw_open_seconds;
  std::vector<double> raw_scan_seconds;
  std::vector<double> ratios;       ///< Opening and reading by start-up.
  std::vector<double> scan_ratios;  ///< Reading alone by start-up.
};

/// Makes a store, closes it, and starts on it; then the same after kill -9 under load.
class recover_workload final : public workload {
public:
  explicit recover_workload(const settings& how) : settings_{how} {
    if (!settings_.in_flight) settings_.in_flight = default_in_flight;
    store_ = settings_.storage.directory->path() / settings_.storage.label;
  }

  measurement measure(const pace& /*how*/) override {
    make();
    measurement all;
    start_ups closed;
    start_ups killed;
    for (std::size_t i = 0; i < rounds && !interrupted(); ++i)
      start_closed(all, closed, i % 2 == 0);
    if (interrupted()) return all;
    measurement under_load;  // Beside the row, which is about stores that were closed.
    for (std::size_t i = 0; i < rounds && !interrupted(); ++i) start_killed(under_load, killed);
    if (under_load.failures > 0) all.fail(under_load.first_failure);
    if (interrupted() || all.failures > 0) return all;
    (void)settings_.storage.meter->take();  // Start-ups are not about commits.
    note(all, "closed", "", closed);
    note(all, "killed under load", "killed_", killed);
    return all;
  }

  std::uint64_t functions() const override { return settings_.functions; }
  double bytes_per_function() const override { return bytes_per_function_; }
  std::uint64_t rss_bytes() const override { return rss_bytes_; }

private:
  /// All functions, created and Active; every eighth has been updated three times.
  void make();
  void start_closed(measurement& out, start_ups& into, bool raw_first);
  void start_killed(measurement& out, start_ups& into);
  [[nodiscard]] double start(measurement& out);
  void read_alone(const fs::path& store, start_ups& into) const;
  void note_ratios(start_ups& into) const;
  void note(measurement& into, const std::string& what, const std::string& prefix,
            const start_ups& from) const;

  settings settings_;
  fs::path store_;
  double bytes_per_function_ = 0;
  std::uint64_t rss_bytes_ = 0;
};

void recover_workload::make() {
  constexpr std::uint64_t stride = 8;
  constexpr int updates = 3;
  std::deque<call_window> windows;  // Outlives the runtime.
  for (std::size_t i = 0; i < settings_.threads; ++i) windows.emplace_back(*settings_.in_flight);
  population whom{options_for(settings_), settings_.functions, [this](std::uint64_t which) {
                    fsm::create_request made;
                    made.name = function_name{which, settings_.functions};
                    return made;
                  }};
  require_created(whom.create_all(settings_.threads, *settings_.in_flight, {}),
                  settings_.functions);
  update_plan plan{whom.runtime(), settings_.functions, stride};
  const progress_line line{"updating functions", [&] {
                             return static_cast<double>(plan.updated.load() * stride) /
                                    static_cast<double>(updates * settings_.functions);
                           }};
  for (int i = 0; i < updates && !interrupted(); ++i) require_success(update_each(plan, windows));
}

void recover_workload::start_closed(measurement& out, start_ups& into, bool raw_first) {
  if (raw_first) read_alone(store_, into);
  if (interrupted()) return;
  const auto took = start(out);
  if (out.failures > 0 || interrupted()) return;
  into.seconds.push_back(took);
  if (!raw_first) read_alone(store_, into);
  if (!interrupted()) note_ratios(into);
}

/// A copy is kept for RocksDB alone: opening the store changes it.
void recover_workload::start_killed(measurement& out, start_ups& into) {
  constexpr std::uint64_t updates_max = 200'000;
  {
    const progress_line line{"updating functions until kill -9", [] { return 0.0; }};
    if (!kill_under_load(settings_, store_, std::min(settings_.functions, updates_max))) return;
  }
  const auto copy = settings_.storage.directory->place(settings_.storage.label + "-copy");
  fs::create_directory(copy);
  for (const auto& each : fs::directory_iterator{store_}) {
    const auto& from = each.path();
    if (!each.is_regular_file()) continue;
    if (from.extension() == ".sst") {
      fs::create_hard_link(from, copy / from.filename());  // These are never written to again.
    } else {
      fs::copy_file(from, copy / from.filename());
    }
  }
  const auto took = start(out);
  if (out.failures > 0 || interrupted()) return;
  into.seconds.push_back(took);
  read_alone(copy, into);
  settings_.storage.directory->remove(settings_.storage.label + "-copy");
  if (!interrupted()) note_ratios(into);
}

/// Seconds until the runtime serves with all functions.
double recover_workload::start(measurement& out) {
  const auto before = resident_bytes_trimmed();
  const auto watch = std::make_shared<recovery_watch>(settings_.functions);
  auto how = options_for(settings_, store_at(store_, settings_.storage));
  how.observers.push_back(watch);
  const progress_line line{"recovering functions", [watch] { return watch->share(); }};
  const auto begin = clock::now();
  auto started = fsm::runtime::start(std::move(how));
  const auto took = clock::now() - begin;
  if (!started) {
    out.fail("the runtime does not start: " + started.error().message);
    return 0;
  }
  rss_bytes_ = resident_bytes();
  bytes_per_function_ = static_cast<double>(rss_bytes_ - std::min(before, rss_bytes_)) /
                        static_cast<double>(settings_.functions);
  const auto found = started->size();
  if (found != settings_.functions) {
    out.fail("only " + std::to_string(found) + " functions came back");
    return 0;
  }
  if (const auto admission =
          started->admit(function_name{settings_.functions / 2, settings_.functions});
      !admission) {
    out.fail("a function does not serve: " + to_text(admission.error()));
    return 0;
  }
  const auto seconds = std::chrono::duration<double>(took).count();
  out.ops += found;
  out.seconds += seconds;
  out.latency.add(took);
  return seconds;
}

void recover_workload::read_alone(const fs::path& store, start_ups& into) const {
  const auto begin = clock::now();
  closed_store files{store};
  const auto opened = clock::now();
  const auto count = files.scan_functions();
  if (interrupted()) return;
  if (count != settings_.functions)
    throw std::runtime_error{"RocksDB alone found " + std::to_string(count) + " functions"};
  into.raw_open_seconds.push_back(seconds_between(begin, opened));
  into.raw_scan_seconds.push_back(seconds_between(opened, clock::now()));
}

void recover_workload::note_ratios(start_ups& into) const {
  const auto took = into.seconds.back();
  into.scan_ratios.push_back(into.raw_scan_seconds.back() / took);
  into.ratios.push_back((into.raw_open_seconds.back() + into.raw_scan_seconds.back()) / took);
}

void recover_workload::note(measurement& into, const std::string& what, const std::string& prefix,
                            const start_ups& from) const {
  constexpr double speed_target = 1'000'000;
  constexpr double ratio_target = 0.3;
  constexpr double seconds_target = 15;
  constexpr std::uint64_t functions_for_seconds = 10'000'000;
  const auto took = spread_of(from.seconds);
  const auto opened = spread_of(from.raw_open_seconds);
  const auto scanned = spread_of(from.raw_scan_seconds);
  const auto ratio = spread_of(from.ratios);
  const auto scan_ratio = spread_of(from.scan_ratios);
  const auto speed = static_cast<double>(settings_.functions) / took.median;
  char text[320];
  std::snprintf(text, sizeof text,
                "%s: serves after %.2f s (%.2f - %.2f), %s functions/s; RocksDB alone: opened in "
                "%.2f s, read in %.2f s (%s/s); ratio %.2f (%.2f - %.2f), to reading alone %.2f",
                what.c_str(), took.median, took.lowest, took.highest, with_commas(speed).c_str(),
                opened.median, scanned.median,
                with_commas(static_cast<double>(settings_.functions) / scanned.median).c_str(),
                ratio.median, ratio.lowest, ratio.highest, scan_ratio.median);
  into.more.remarks.emplace_back(text);
  auto& members = into.more.members;
  members.emplace_back(prefix + "start_seconds", took.median);
  members.emplace_back(prefix + "functions_per_second", speed);
  members.emplace_back(prefix + "raw_open_seconds", opened.median);
  members.emplace_back(prefix + "raw_scan_seconds", scanned.median);
  members.emplace_back(prefix + "raw_ratio", ratio.median);
  members.emplace_back(prefix + "raw_ratio_lowest", ratio.lowest);
  members.emplace_back(prefix + "raw_ratio_highest", ratio.highest);
  members.emplace_back(prefix + "raw_scan_ratio", scan_ratio.median);
  auto& targets = into.more.targets;
  if (prefix.empty()) targets.push_back({what + ", functions/s", speed, speed_target});
  if (prefix.empty()) targets.push_back({what + ", of RocksDB alone", ratio.median, ratio_target});
  if (settings_.functions >= functions_for_seconds)
    targets.push_back({what + ", seconds until it serves", took.highest, seconds_target, true});
}

}  // namespace

std::unique_ptr<workload> make_recover(const settings& how) {
  return std::make_unique<recover_workload>(how);
}

}  // namespace bench
