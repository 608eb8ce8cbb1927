#pragma once

#include "workload.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace bench {

/// Where a scenario's functions can be.
enum class store_use : std::uint8_t { any, only_none, only_disk };

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
  /// It draws functions at random, so that there can be hot ones.
  bool has_hot_functions = false;
  /// Throws `usage_error` when the flags make no sense for it. Null = all do.
  void (*check)(const settings& how) = nullptr;
  /// Memory beyond that per function that is worked on at the same time, and how many are at most.
  std::uint64_t busy_bytes = 0;
  std::uint64_t busy_max = 0;
  store_use store = store_use::any;
  /// Memory per function that what is measured beside it takes when the store is on disk.
  std::uint64_t beside_bytes = 0;

  /// Memory per function when there are so many.
  [[nodiscard]] constexpr std::uint64_t bytes_each(std::uint64_t functions) const noexcept {
    return function_bytes + std::min(functions, busy_max) * busy_bytes / functions;
  }
  [[nodiscard]] std::uint64_t bytes_each(const settings& how) const noexcept {
    return bytes_each(how.functions) + (how.storage.on_disk() ? beside_bytes : 0);
  }
};

[[nodiscard]] std::span<const scenario> all_scenarios() noexcept;
/// Null when there is none of that name.
[[nodiscard]] const scenario* find_scenario(std::string_view name) noexcept;

/// Throws `usage_error` when the flags make no sense for the scenario.
void require_sense(const scenario& what, const settings& how);

/// Throws `usage_error`, with the estimate, when `functions` of `function_bytes` each do not fit
/// into `available`.
void require_memory(std::string_view what, std::uint64_t functions, std::uint64_t function_bytes,
                    std::uint64_t available);

}  // namespace bench
