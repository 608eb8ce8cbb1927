#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the process, loudly, when something does not hold that this code relies on: a defect in it,
/// not bad input. Stays on in release builds, as going on could lose what was acknowledged.
#define FSM_ASSERT(condition)                          \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::fsm::detail::assertion_failed(#condition, __FILE__, __LINE__))

namespace fsm::detail {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file,
                                          int line) noexcept {
  std::fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, condition);
  std::abort();
}

}  // namespace fsm::detail
