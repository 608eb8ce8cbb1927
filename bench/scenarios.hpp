#pragma once

#include "workload.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace bench {

/// Something to measure.
struct scenario {
  std::string_view name;
  /// What one operation is.
  std::string_view meaning;
  /// Memory per function that a run takes, everything included, generously. For the check before it
  /// starts.
  std::uint64_t function_bytes = 0;
  /// It warms up and shows its progress by itself.
  bool self_paced = false;
  /// Makes what is measured, with all its functions; may take a while.
  std::unique_ptr<workload> (*make)(const settings& how) = nullptr;
};

[[nodiscard]] std::span<const scenario> all_scenarios() noexcept;
/// Null when there is none of that name.
[[nodiscard]] const scenario* find_scenario(std::string_view name) noexcept;

/// Throws `usage_error`, with the estimate, when `functions` of `function_bytes` each do not fit
/// into `available`.
void require_memory(std::string_view what, std::uint64_t functions, std::uint64_t function_bytes,
                    std::uint64_t available);

}  // namespace bench
