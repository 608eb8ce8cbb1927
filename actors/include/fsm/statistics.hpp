#pragma once

#include <fsm/error.hpp>

#include <array>
#include <cstdint>

namespace fsm {

/// What a runtime has done since it started, and what it has to do now. Each number is exact at
/// some moment of the call, but they need not be of the same moment.
struct statistics {
  // -- since the start --------------------------------------------------------------------------
  /// Invocations that were admitted.
  std::uint64_t admissions = 0;
  /// Calls of every kind that were refused, by `errc`: `refusals[static_cast<size_t>(code)]`.
  std::array<std::uint64_t, errc_count> refusals{};
  /// Functions whose idle time seemed over, and which were asked to become Inactive ...
  std::uint64_t idle_proposals = 0;
  /// ... and those of them that were in use after all.
  std::uint64_t idle_in_use = 0;
  /// Waiters that were answered: what they waited for came; their deadline passed; or it could no
  /// longer come, or the waiter was cancelled.
  std::uint64_t waits_fulfilled = 0;
  std::uint64_t waits_timed_out = 0;
  std::uint64_t waits_ended_otherwise = 0;

  // -- now --------------------------------------------------------------------------------------
  /// Waiters that are armed.
  std::uint64_t waiters = 0;
  /// Attempts to make resources: those that wait for a place, and those that have one.
  std::uint64_t attempts_queued = 0;
  std::uint64_t attempts_in_flight = 0;
  /// Releases that are owed to the provider and not confirmed.
  std::uint64_t releases_owed = 0;
  /// The sequence of the last transition that is durable, also of an earlier life; 0 = there was
  /// none.
  std::uint64_t last_sequence = 0;
  /// Transitions that are on their way to the store.
  std::uint64_t transitions_under_way = 0;
};

}  // namespace fsm
