#pragma once

#include <fsm/simulation.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace fsm::testing {

/// How a run in a process of its own went.
struct isolated_run {
  std::uint64_t hash = 0;
  /// What did not hold, or which signal ended the process; empty if all was well.
  std::string violation;
  std::vector<std::string> trace;
};

/// Runs a plan in a child process, so that a run that ends the process is one that went wrong like
/// any other. What the child prints is dropped.
[[nodiscard]] isolated_run run_isolated(const simulation& with, const simulation_plan& plan,
                                        bool with_trace);

}  // namespace fsm::testing
