#pragma once

#include <fsm/provider.hpp>
#include <fsm/step.hpp>
#include <fsm/view.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsm {

/// Where an attempt to make a function's resources stands.
enum class attempt_phase : std::uint8_t {
  ordered,  ///< On its way to the provisioner.
  blocked,  ///< Waits until an earlier release for the same function is confirmed.
  queued,   ///< Waits for one of the places in flight.
  calling,  ///< The provider is at it.
  pausing,  ///< Waits before the next try.
};

/// The enumerator's name: "calling". "" for unknown values.
[[nodiscard]] std::string_view to_string(attempt_phase what) noexcept;
/// The enumerator's name: "restore". "" for unknown values.
[[nodiscard]] std::string_view to_string(attempt_kind what) noexcept;

/// How far an attempt to make a function's resources has got.
struct attempt_status {
  attempt_token token;
  attempt_kind kind = attempt_kind::create;
  attempt_phase phase = attempt_phase::ordered;
  /// Tries begun so far, and how many there may be.
  std::uint32_t tries = 0;
  std::uint32_t tries_max = 0;
  /// When the try counts as lost (calling), or the next one begins (pausing).
  std::optional<timestamp> next;
  /// When the attempt fails at the latest. None until the first try.
  std::optional<timestamp> gives_up_at;
};

/// What would come of a call if it were made now.
struct call_verdict {
  /// One of the events that a caller asks for.
  fsm::event event = event::read;
  fsm::answer answer = answer::accepted;
  /// The row of the table that says so, as in docs/lifecycle.md: "T27".
  std::string rule;
};

/// Why a function is in its state, and what would move it. Everything is of one moment, but for
/// the attempt, which may be a little newer.
struct explanation {
  function_view now;
  /// What led here: the transitions since the one that began it (a create, an update, a restore,
  /// the end of the idle time), oldest first. Empty with a store that keeps no history.
  std::vector<transition> causes;
  /// The attempt under way; none if there is none.
  std::optional<attempt_status> attempt;
  /// Invocations that run now.
  std::uint32_t in_flight = 0;
  /// When it was last used. None if it is not Active.
  std::optional<timestamp> last_used;
  /// When it is asked to become Inactive unless it is used before. None if it is not Active, or an
  /// update is in progress.
  std::optional<timestamp> idle_at;
  /// Until when no restore is tried, after one that failed for a cause that needs a pause (T32).
  std::optional<timestamp> restore_pause_until;
  /// Each call there is, and what would come of it.
  std::vector<call_verdict> calls;
};

/// The explanation in words, a sentence each: what the function is and since when, what led to it,
/// what is under way, what will move it, and what is refused now.
[[nodiscard]] std::vector<std::string> sentences(const explanation& what);

}  // namespace fsm
