#pragma once

#include "function_range.hpp"
#include <fsm/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>

namespace bench {

/// Functions that are updated one after the other, each to Successful: every `stride`th.
struct update_plan {
  fsm::runtime& runtime;
  std::uint64_t functions;  ///< How many there are: they have the names `function_name` gives.
  std::uint64_t stride = 1;
  /// Counted up in steps.
  std::atomic<std::uint64_t> updated{0};
};

/// Updates each once, on one thread per window. The windows must outlive the runtime. Ends early
/// when interrupted.
[[nodiscard]] measurement update_each(update_plan& plan, std::deque<call_window>& windows);

}  // namespace bench
