#include <fsm/error.hpp>

#include <array>

namespace fsm {

std::string_view to_string(errc code) noexcept {
  constexpr std::array<std::string_view, 18> names{"none",
                                                   "invalid_argument",
                                                   "not_found",
                                                   "already_exists",
                                                   "function_pending",
                                                   "function_initializing",
                                                   "function_failed",
                                                   "state_conflict",
                                                   "update_in_progress",
                                                   "revision_mismatch",
                                                   "too_many_requests",
                                                   "timed_out",
                                                   "cancelled",
                                                   "unreachable",
                                                   "would_deadlock",
                                                   "outcome_unknown",
                                                   "stopped",
                                                   "internal"};
  const auto index = static_cast<std::size_t>(code);
  return index < names.size() ? names[index] : "unknown";
}

}  // namespace fsm
