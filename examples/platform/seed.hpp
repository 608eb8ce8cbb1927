#pragma once

#include "world.hpp"
#include <fsm/runtime.hpp>

#include <spdlog/logger.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace platform {

/// What to begin with.
struct seed_options {
  std::size_t count = 0;
  /// How many may be on their way at once; at least 2.
  std::size_t at_once_max = 4096;
  /// Whose they are.
  std::string tenant;
};

/// Creates functions, `seed-0000000` and so on, and waits until all are Active; their
/// resources cost nothing and take no time. Logs its progress every second. Ends early when `stop`
/// says so. Errors: those of `fsm::runtime::create`, and `internal` when a function does not become
/// Active.
[[nodiscard]] fsm::expected<void> seed_functions(fsm::runtime& functions, world& cloud,
                                                 const seed_options& what,
                                                 const std::shared_ptr<spdlog::logger>& log,
                                                 const std::function<bool()>& stop);

}  // namespace platform
