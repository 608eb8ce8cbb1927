#pragma once

#include "invoke/runner.hpp"
#include "invoke/settings_cache.hpp"
#include <fsm/admission.hpp>
#include <fsm/clock.hpp>
#include <fsm/concurrency.hpp>
#include <fsm/error.hpp>
#include <fsm/runtime.hpp>

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace platform::invoke {

/// An invocation that is wanted.
struct order {
  /// What the runtime calls the version.
  std::string name;
  std::string function;
  std::string version;
  std::string invoked_arn;
  std::string request_id;
  std::string payload;
  std::string client_context;
  std::string trace_id;
};

/// Why an invocation did not run. One of the two says it.
struct refusal {
  /// Which limit refused it.
  std::optional<fsm::concurrency_refusal> throttled;
  /// What the runtime said, or `internal` when the runner could not run it.
  fsm::error why;
};

/// What came of an invocation that ran.
struct completed {
  outcome what;
  std::uint32_t memory_mb = 0;
};

/// Brings invocations to the runner: through the limits and the function's lifecycle, in that
/// order, so that an invocation that is throttled does not wake a function. Both are held until the
/// runner has finished. An invocation that has not ended at its deadline is cancelled and counts as
/// a failure of the function.
class invoker : public std::enable_shared_from_this<invoker> {
public:
  using result = tl::expected<completed, refusal>;
  using finished = std::function<void(result)>;

  /// `functions` must outlive it. To be held by a `shared_ptr`.
  invoker(fsm::runtime& functions, std::shared_ptr<fsm::concurrency_limiter> limiter,
          std::shared_ptr<runner> runs, std::shared_ptr<fsm::clock> clock);

  /// Runs one. May wait for a function that has to be asked. `done` is called once, on any thread,
  /// also inside this call.
  void start(order what, finished done);

  /// Runs no more: what still runs, and what comes later, is refused with `stopped`. Cancels what
  /// runs and waits for it, at most as long as `patience` by the time outside; what has not ended
  /// then holds neither its function nor a limit any longer.
  void stop(std::chrono::milliseconds patience);

private:
  struct running;
  class roster;
  void start(order what, finished done, int number);
  void run(const std::shared_ptr<running>& one, const run_settings& settings, order what);

  fsm::runtime& functions_;
  const std::shared_ptr<fsm::concurrency_limiter> limiter_;
  const std::shared_ptr<runner> runner_;
  const std::shared_ptr<fsm::clock> clock_;
  const std::shared_ptr<roster> roster_;
  settings_cache settings_;
};

}  // namespace platform::invoke
