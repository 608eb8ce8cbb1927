#pragma once

#include <fsm/simulation.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace fsm::testing {

/// Many runs.
struct campaign_options {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  /// Stops earlier, after so many minutes; 0 = does not.
  double minutes = 0;
  std::size_t processes = 1;
  /// Every so many seeds is run twice, and both runs must be the same; 0 = none.
  std::uint64_t twice_every = 50;
  std::chrono::seconds progress_interval{1};
};

/// What came of them so far.
struct campaign_result {
  std::uint64_t seeds = 0;
  std::uint64_t steps = 0;
  std::uint64_t messages = 0;
  std::uint64_t transitions = 0;
  std::uint64_t calls = 0;
  std::uint64_t starts = 0;
  std::uint64_t run_twice = 0;
  double weeks = 0;           ///< Of simulated time.
  double function_weeks = 0;  ///< The same, summed up over functions.
  double seconds = 0;         ///< Of real time.
  std::array<std::uint64_t, fault_count> faults{};
  std::array<std::uint64_t, 2> rows{};
  /// Seeds that went wrong, the smallest first.
  std::set<std::uint64_t> wrong{};
  bool was_ended = false;  ///< By a signal, before all was run.
};

/// Runs seeds in several processes until one goes wrong, all are through, the time is over, or
/// SIGINT or SIGTERM comes.
[[nodiscard]] campaign_result run_campaign(
    const simulation& with, const campaign_options& how,
    const std::function<void(const campaign_result&)>& progress);

}  // namespace fsm::testing
