#pragma once

#include <fsm/cause.hpp>
#include <fsm/event.hpp>
#include <fsm/pair.hpp>
#include <fsm/reason.hpp>
#include <fsm/time.hpp>

#include <cstdint>
#include <string>

namespace fsm {

/// A function as seen at one moment. Every field rests on transitions the store has confirmed.
struct function_view {
  std::string name;
  std::string tenant;
  std::uint64_t uid = 0;
  fsm::state state = fsm::state::none;
  last_update_status update_status = last_update_status::none;
  reason_code state_reason_code = reason_code::none;
  std::string state_reason;
  reason_code update_reason_code = reason_code::none;
  std::string update_reason;
  /// Renewed by every visible change; pass it back as `expected_revision`.
  std::uint32_t revision = 0;
  /// The version in use, and the one an update in progress is bringing up (else 0).
  std::uint32_t version = 0;
  std::uint32_t target_version = 0;
  /// When State last changed.
  timestamp since{};
  /// The sequence of the transition this is the answer to; 0 when nothing was changed for it.
  std::uint64_t sequence = 0;
  /// The document of the target version while an update is in progress, else of the current one.
  /// Only `get` fills it in, and only with a store that keeps documents.
  std::string document;
  /// What was given as metadata last, or a little later. Only `get` fills it in.
  std::string metadata;

  [[nodiscard]] fsm::pair pair() const noexcept { return {state, update_status}; }
  /// The RevisionId as Lambda shows it: a lower-case UUID derived from uid and revision.
  [[nodiscard]] std::string revision_id() const;
};

/// The RevisionId of the `revision`th state of function `uid`: a lower-case UUID; the same inputs
/// give the same text.
[[nodiscard]] std::string revision_id(std::uint64_t uid, std::uint32_t revision);

/// One change of one function.
struct transition {
  /// Position in the order of all transitions of this store. Starts at 1, without gaps.
  std::uint64_t sequence = 0;
  /// The sequence of the same function's transition before this one; 0 for the first.
  std::uint64_t previous = 0;
  std::uint64_t uid = 0;
  std::string name;
  timestamp at{};
  fsm::event event = fsm::event::create;
  fsm::cause cause = fsm::cause::request;
  pair from;
  pair to;
  reason_code state_reason_code = reason_code::none;
  reason_code update_reason_code = reason_code::none;
  /// The text that came with the event; empty when the codes say it all.
  std::string reason;
  std::uint32_t revision = 0;
};

}  // namespace fsm
