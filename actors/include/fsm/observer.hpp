#pragma once

#include <fsm/error.hpp>
#include <fsm/provider.hpp>
#include <fsm/view.hpp>

#include <string_view>

namespace fsm {

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
  /// An attempt's answer was dropped because nobody waits for it any more; its resources are being
  /// released.
  virtual void on_stale_completion(const attempt_token& /*whose*/) {}
  /// The runtime has stopped; nothing follows.
  virtual void on_stopped() {}
};

}  // namespace fsm
