#pragma once

#include "invoke/runner.hpp"
#include <fsm/provider.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace platform::execution {

/// What is to be made ready to run.
struct version {
  /// Names it from now on.
  fsm::attempt_token token;
  /// What has the lifecycle: "resize", or "resize:3" for a published version.
  std::string name;
  /// What it is, as JSON.
  std::shared_ptr<const std::string> document;
};

/// Makes versions ready, runs their invocations, and lets versions go. All calls are thread-safe
/// and return at once.
class executor : public invoke::runner {
public:
  /// Starts an execution environment for the version, and answers when it is ready to run
  /// invocations. The same token may be asked for again: what there is counts, and the latest who
  /// asked is answered. Failed with FunctionError or one of its kinds: the function's own start
  /// went wrong.
  virtual void start(version what, fsm::completion done) = 0;

  /// Stops every environment of the version, and answers when they are gone. Unknown ones succeed.
  virtual void stop(const fsm::attempt_token& which, fsm::completion done) = 0;

  /// The versions above `after` that have something to stop, in order; at most `limit`.
  [[nodiscard]] virtual std::vector<fsm::attempt_token> held(const fsm::attempt_token& after,
                                                             std::size_t limit) const = 0;

  /// Ends everything, and waits for it; what comes later is refused.
  virtual void close() {}
};

/// Has nothing to make ready, and gives back what it is given.
[[nodiscard]] std::shared_ptr<executor> make_echo_executor();

}  // namespace platform::execution
