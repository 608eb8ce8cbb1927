#pragma once

#include "simulation/campaign.hpp"
#include <fsm/simulation.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace fsm::testing {

/// What fsm-simulate was asked for.
struct flags {
  std::optional<std::uint64_t> seed{};  ///< Replay this one, with its trace.
  campaign_options campaign{};
  simulation_options simulation{};
  bool shrinks = true;
  bool is_quiet = false;
  /// Succeed only if a seed goes wrong.
  bool wants_violation = false;
  /// A defect to be built in; only where the program was built for that.
  std::string mutant{};
};

/// Reads the command line. Says so and gives the code to end with if the program must not go on.
[[nodiscard]] std::optional<int> read_flags(int argc, char** argv, flags& into);

}  // namespace fsm::testing
