#pragma once

#include <fsm/reason.hpp>
#include <fsm/state.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fsm {

/// Everything that can go wrong in a call, as a closed list. One line each says what the caller
/// should know.
enum class errc : std::uint8_t {
  /// No error. Never found inside an `error` that a call returned.
  none = 0,
  /// An argument or option broke a rule; the message names it, its value and the rule. Nothing was
  /// changed.
  invalid_argument,
  /// There is no function of that name.
  not_found,
  /// A function of that name exists already.
  already_exists,
  /// An invocation was refused: the function is Pending for the first time (Creating).
  function_pending,
  /// An invocation was refused: the function was Inactive and is being restored (or is brought up
  /// by an update).
  function_initializing,
  /// An invocation was refused: the function is Failed, or its last restore failed for a cause that
  /// needs a pause
  /// before the next try. `error::reason` holds the cause.
  function_failed,
  /// A call other than an invocation was refused because of the function's state.
  state_conflict,
  /// A call was refused because an update of the function is in progress.
  update_in_progress,
  /// The revision the caller expected is not the function's current one. Nothing was changed.
  revision_mismatch,
  /// A bounded queue is full. Nothing was changed; try again later.
  too_many_requests,
  /// The deadline of a wait passed first.
  timed_out,
  /// A wait was cancelled by its owner.
  cancelled,
  /// What was waited for can no longer happen (the function is Failed or gone).
  unreachable,
  /// A synchronous call was made from inside a callback, an observer or a provider: it would wait
  /// for itself.
  would_deadlock,
  /// The store could not confirm the transition: it may or may not have happened.
  outcome_unknown,
  /// The runtime is stopping or has stopped.
  stopped,
  /// The store or another part failed in a way that is not the caller's fault.
  internal,
};

/// Number of enumerators of `errc`.
inline constexpr std::size_t errc_count = 18;

/// The identifier of `code` as written in the sources, for logs: `"not_found"`.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// Why a call failed: a code to branch on and a sentence that says what was asked and what was
/// found.
struct error {
  errc code = errc::none;
  std::string message;
  /// For refusals caused by a function's state: that state, and its reason code. Otherwise `none`.
  fsm::state state = fsm::state::none;
  reason_code reason = reason_code::none;

  friend bool operator==(const error&, const error&) = default;
};

}  // namespace fsm
