#pragma once

#include <fsm/error.hpp>
#include <fsm/provider.hpp>
#include <fsm/view.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace fsm {

/// How far a runtime that starts has got with the functions of an earlier life.
struct recovery_progress {
  std::uint64_t functions = 0;
  /// About how many there are in all.
  std::uint64_t expected = 0;
  /// This is the last report; from now on the runtime serves.
  bool finished = false;
};

/// What an audit found: see `provisioner_options::audit_interval`.
struct audit_result {
  /// Attempts whose resources the provider holds.
  std::uint64_t held = 0;
  /// Those of them that no function owns and nobody is about to release; they are released now.
  std::uint64_t orphans = 0;
};

/// How one attempt to make resources went, with all its tries.
struct attempt_result {
  attempt_token token;
  attempt_kind kind = attempt_kind::create;
  bool succeeded = false;
  /// Why it failed; `none` when it succeeded.
  reason_code reason = reason_code::none;
  std::uint32_t tries = 1;
  /// From the order to the first try, and from that to the end.
  duration waited{};
  duration took{};
};

/// How one batch was written to the store.
struct commit_result {
  std::uint32_t transitions = 0;
  std::uint32_t notes = 0;
  /// From giving it to the store to its answer.
  std::chrono::nanoseconds took{};
};

/// Watches a runtime. Every method has an empty default. Calls come one at a time, on a thread of
/// the runtime's or on one that waits in a synchronous call; they must return quickly and must not
/// make synchronous calls to the runtime. An exception that leaves a call is logged and otherwise
/// ignored.
class observer {
public:
  virtual ~observer() = default;

  /// A transition is durable. All observers see all transitions in one order, without gaps.
  virtual void on_transition(const transition& /*what*/) {}
  /// A try to make resources has begun.
  virtual void on_attempt(const provision_request& /*what*/) {}
  /// An attempt has ended, for good. One that was given up, as the function was removed or updated
  /// meanwhile, is not told of.
  virtual void on_attempt_ended(const attempt_result& /*what*/) {}
  /// A batch is in the store; the transitions in it follow.
  virtual void on_commit(const commit_result& /*what*/) {}
  /// An attempt's answer was dropped because nobody waits for it any more; its resources are being
  /// released.
  virtual void on_stale_completion(const attempt_token& /*whose*/) {}
  /// The runtime is starting and has got so far. Also called when there is more than nothing to
  /// bring back and all of it is there.
  virtual void on_recovery(const recovery_progress& /*so_far*/) {}
  /// An audit of what the provider holds has ended.
  virtual void on_audit(const audit_result& /*what*/) {}
  /// The runtime has stopped; nothing follows.
  virtual void on_stopped() {}
};

}  // namespace fsm
