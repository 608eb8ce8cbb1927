#include "peers.hpp"

#include "interrupt.hpp"
#include "progress.hpp"
#include "scenarios.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bench {
namespace {

/// A scenario and what is measured next to it.
struct comparison {
  std::string_view scenario;
  std::string_view peer;
  std::uint64_t peer_function_bytes;
  std::unique_ptr<workload> (*make_peer)(const settings& how);
};

constexpr std::array comparisons{
    comparison{"message", "naive_caf", 1500, make_naive_caf},
    comparison{"invoke", "hardware_probe", 240, make_hardware_probe},
};

/// An odd number, so that there is a middle one.
constexpr std::size_t rounds_max = 5;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// One side of a comparison.
struct side {
  std::string name;
  std::unique_ptr<workload> work;
  measurement all;
  std::vector<double> speeds;

  void measure(const pace& how) {
    const progress_line progress{name + ": measuring", share_of_time(how.seconds)};
    auto once = work->measure(how);
    if (once.failures > 0) throw std::runtime_error{name + " failed: " + once.first_failure};
    speeds.push_back(once.ops_per_second());
    all.add_later(once);
  }
  [[nodiscard]] result to_result(const settings& how) {
    return {name,           work->functions(),          how.threads,     std::move(all),
            median(speeds), work->bytes_per_function(), resident_bytes()};
  }
};

ratio compare(const comparison& what, const side& ours, const side& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.speeds.size(); ++i) {
    ratios.push_back(ours.speeds[i] / theirs.speeds[i]);
  }
  const auto [lowest, highest] = std::minmax_element(ratios.begin(), ratios.end());
  return {std::string{what.scenario},
          std::string{what.peer},
          median(ratios),
          *lowest,
          *highest,
          ratios.size()};
}

/// Both sides live at the same time, and each waits while the other is measured.
void run(const comparison& what, const settings& how, report& out) {
  side ours{std::string{what.scenario}, find_scenario(what.scenario)->make(how), {}, {}};
  if (interrupted()) return;
  side theirs{std::string{what.peer}, what.make_peer(how), {}, {}};
  const pace round{how.seconds / rounds_max, 0};
  for (auto* const each : {&ours, &theirs}) {
    if (!interrupted()) (void)each->work->measure({warm_up_seconds(how.seconds), 0});
  }
  for (std::size_t i = 0; i < rounds_max; ++i) {
    if (interrupted()) return;
    side* first = &ours;
    side* second = &theirs;
    if (i % 2 == 1) std::swap(first, second);  // So that neither always comes after the other.
    first->measure(round);
    second->measure(round);
  }
  if (interrupted()) return;
  out.ratios.push_back(compare(what, ours, theirs));
  out.results.push_back(ours.to_result(how));
  out.results.push_back(theirs.to_result(how));
}

}  // namespace

void require_memory_for_peers(const settings& how, std::uint64_t available) {
  for (const auto& what : comparisons) {
    const auto ours = find_scenario(what.scenario)->function_bytes;
    require_memory(std::string{"peers: "} + std::string{what.peer}, how.functions,
                   ours + what.peer_function_bytes, available);
  }
}

void run_peers(const settings& how, report& out) {
  for (const auto& what : comparisons) {
    if (!interrupted()) run(what, how, out);
  }
}

}  // namespace bench
