#pragma once

#include <fsm/step.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// A random walk through the lifecycle: events, each of which is accepted, or moves the function,
/// in the situation the ones before it led to. It begins without the function and ends with its
/// removal, so that it can be walked again and again. `length` (at least 2) or one event less.
[[nodiscard]] std::vector<fsm::event> legal_walk(std::uint64_t seed, std::size_t length);

/// The happening that takes `record` along the walk.
[[nodiscard]] constexpr fsm::happening on_the_walk(const fsm::lifecycle_record& record,
                                                   fsm::event what) noexcept {
  return {.event = what, .attempt = record.attempt, .reason = fsm::reason_code::internal_error};
}

}  // namespace bench
