#pragma once

#include "report.hpp"
#include "workload.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A scenario and what is measured next to it.
struct comparison {
  std::string_view scenario;
  std::string_view peer;
  /// What ours / theirs should be at least.
  double target = 0;
  /// Memory per function that the peer takes, generously. For the check before it starts.
  std::uint64_t peer_function_bytes = 0;
  /// Why it cannot be measured here, or ""; null: it always can.
  std::string (*missing)() = nullptr;
  std::unique_ptr<workload> (*make_peer)(const settings& how) = nullptr;
};

/// Those of one scenario come one after the other.
[[nodiscard]] std::span<const comparison> all_comparisons() noexcept;

/// Whether `name`, "SCENARIO" or "SCENARIO/PEER", names at least one of them.
[[nodiscard]] bool names_comparison(std::string_view name) noexcept;

/// Throws `usage_error`, with the estimate, when all sides of a scenario do not fit into
/// `available`. `only` as for `run_peers`.
void require_memory_for_peers(const settings& how, const std::vector<std::string>& only,
                              std::uint64_t available);

/// Measures each scenario and its peers in turns, several rounds of each, and adds results and
/// ratios to `out`: of what `only` names, or of everything when it is empty. Quotes medians. A peer
/// that is not there, or fails, has a ratio that says so; false when one has failed. Throws
/// `std::runtime_error` when our own side fails.
[[nodiscard]] bool run_peers(const settings& how, const std::vector<std::string>& only,
                             report& out);

}  // namespace bench
