#pragma once

#include <fsm/provider.hpp>
#include <fsm/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace platform::invoke {

/// One invocation, ready to run.
struct invocation {
  std::string request_id;
  /// The function's name, without version.
  std::string function;
  /// The version that runs: "$LATEST" or a number.
  std::string version;
  /// The function's ARN, with the qualifier that the caller used.
  std::string invoked_arn;
  /// What the version is, as JSON. The runner may keep it.
  std::shared_ptr<const std::string> document;
  /// JSON.
  std::string payload;
  /// As the client sent it: JSON in base 64. "" = none.
  std::string client_context;
  std::string trace_id;
  /// When it must have ended, by the platform's clock.
  fsm::timestamp deadline;
  /// Whose resources it runs on.
  fsm::attempt_token resource{};
  /// For a runner that keeps time: the function begins now. Gives its deadline. To be called once,
  /// from any thread. May be empty.
  std::function<fsm::timestamp()> begin{};
};

/// How an invocation ended.
struct outcome {
  /// What the function gave back, or the error it raised, as JSON.
  std::string payload;
  /// "Unhandled" if the function failed; "" if it did not.
  std::string function_error;
  /// What it wrote to its log.
  std::string log;
  std::chrono::microseconds duration{};
  /// How long it took to get the function ready, if that was necessary.
  std::optional<std::chrono::microseconds> init_duration;
  std::uint32_t memory_used_mb = 1;
  /// Why it could not be run at all, in words; "" = it ran. The function is not to blame.
  std::string broken;
  /// It was `broken` by a lack of room: later it may run.
  bool no_room = false;
};

/// Runs invocations. Any number at the same time; all calls are thread-safe.
class runner {
public:
  using finished = std::function<void(outcome)>;
  /// Ends an invocation early, if it still runs; it is answered for all the same. May be called
  /// more than once, from any thread. Empty = cannot be stopped.
  using cancel = std::function<void()>;

  virtual ~runner() = default;

  /// Starts an invocation; must not block. `done` is called once, on any thread, also inside this
  /// call.
  virtual cancel run(invocation what, finished done) = 0;

  /// True for a runner that may have to get a function ready first, and says by `invocation::begin`
  /// when the function's own time begins; and that answers at once for what it is told to cancel,
  /// with the log so far. For any other, the time begins with `run`.
  [[nodiscard]] virtual bool keeps_time() const noexcept { return false; }
};

/// Gives back what it is given.
[[nodiscard]] std::unique_ptr<runner> make_echo_runner();

}  // namespace platform::invoke
