#pragma once

#include <fsm/cause.hpp>
#include <fsm/event.hpp>
#include <fsm/expected.hpp>
#include <fsm/pair.hpp>
#include <fsm/reason.hpp>
#include <fsm/step.hpp>
#include <fsm/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// What is kept of functions, and its bytes. The bytes are Protobuf messages; the schema, with the
/// rules for changing it, is proto/fsm/v1/function.proto. Fields and enum values that a newer
/// version wrote survive decoding and encoding.

namespace fsm {

/// The schema version that `encode` writes, and the highest that the decoders read.
inline constexpr std::uint32_t stored_schema_version = 1;

/// A function as a store keeps it: all that is needed to go on with it after a restart.
struct stored_function {
  std::uint64_t uid = 0;  ///< Never reused; 0 is not one.
  std::string name;
  std::string tenant;
  /// Situation, reasons, revision, attempts. The target version of an update is
  /// `lifecycle.target()`.
  lifecycle_record lifecycle;
  std::string state_reason_text;  ///< The reason of the State for people; "" = the code's own text.
  std::string update_reason_text;  ///< The same for LastUpdateStatus.
  std::string state_reason_name;   ///< The code's wire name if `reason_code` does not have it.
  std::string update_reason_name;  ///< The same for LastUpdateStatus.
  timestamp created{};
  timestamp changed{};  ///< When it last changed on request: the `LastModified` of the Lambda API.
  timestamp last_used{};            ///< Written lazily: may be earlier than the truth, never later.
  std::uint64_t last_sequence = 0;  ///< Its latest transition: where its history starts, backwards.
  std::uint8_t policy = 0;          ///< Index of an idle policy that the owner knows.
  duration idle_after{};            ///< Its own idle time; 0 = the owner's.
  std::uint8_t history_place = 0;   ///< Where its history goes on (see the store).
  std::vector<std::uint32_t>
      releases_outstanding;       ///< Attempts whose resources are being released.
  std::uint64_t owner_epoch = 0;  ///< The owner that wrote it.
  std::string unknown_fields;     ///< What a newer version wrote, as bytes.

  friend bool operator==(const stored_function&, const stored_function&) = default;
};

/// One step of a function's life, as a store keeps it.
struct stored_transition {
  std::uint64_t sequence = 0;  ///< Counts all transitions of a store, without gaps.
  std::uint64_t previous = 0;  ///< The one before it of the same function; 0 = this is its first.
  std::uint64_t uid = 0;
  timestamp at{};
  fsm::event event = event::create;
  fsm::cause cause = cause::none;
  pair from;
  pair to;
  reason_code reason = reason_code::none;         ///< Of the State.
  reason_code update_reason = reason_code::none;  ///< Of LastUpdateStatus.
  std::string reason_text;     ///< The reason for people; "" = the code's own text.
  std::string reason_name;     ///< The code's wire name if `reason_code` does not have it.
  std::uint32_t revision = 0;  ///< The revision it led to.
  std::string name;            ///< The function's name, where it is not known otherwise.
  std::string unknown_fields;  ///< What a newer version wrote, as bytes.

  friend bool operator==(const stored_transition&, const stored_transition&) = default;
};

/// The bytes of a function. The same function always gives the same bytes (of one build of the
/// library: do not compare across versions).
[[nodiscard]] std::string encode(const stored_function& function);

/// The bytes of a transition.
[[nodiscard]] std::string encode(const stored_transition& transition);

/// The same, put behind what `onto` has already: for who writes millions.
void encode(const stored_function& function, std::string& onto);
void encode(const stored_transition& transition, std::string& onto);

/// Adds to bytes of `encode` what was not known then; it counts instead of what they say.
void add_last_sequence(std::string& function, std::uint64_t last_sequence);
void add_owner_epoch(std::string& function, std::uint64_t owner_epoch);
/// The same for the bytes of a transition.
void add_sequence(std::string& transition, std::uint64_t sequence, std::uint64_t previous);
/// The same for the function's name.
void add_name(std::string& transition, std::string_view name);

/// Reads the bytes of a function.
///
/// Errors: `errc::internal` if they are damaged, not a function's, or of a newer schema version
/// than `stored_schema_version`. The message says which, and never crashes on any input.
[[nodiscard]] expected<stored_function> decode_function(std::string_view bytes);

/// The same into `into`, whose memory is used again: for who reads millions.
[[nodiscard]] expected<void> decode(std::string_view bytes, stored_function& into);

/// Reads the bytes of a transition. Errors as for `decode_function`.
[[nodiscard]] expected<stored_transition> decode_transition(std::string_view bytes);

}  // namespace fsm
