#pragma once

#include "world.hpp"
#include <fsm/runtime.hpp>

#include <spdlog/logger.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace platform {

/// Creates `count` functions, `seed-0000000` and so on, and waits until all are Active; their
/// resources cost nothing and take no time. Logs its progress every second. Ends early when `stop`
/// says so. Errors: those of `fsm::runtime::create`, and `internal` when a function does not become
/// Active.
[[nodiscard]] fsm::expected<void> seed_functions(fsm::runtime& functions, world& cloud,
                                                 std::size_t count, const std::string& tenant,
                                                 const std::shared_ptr<spdlog::logger>& log,
                                                 const std::function<bool()>& stop);

}  // namespace platform
