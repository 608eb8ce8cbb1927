#pragma once

#include "invoke/runner.hpp"
#include "invoke/settings_cache.hpp"
#include <fsm/admission.hpp>
#include <fsm/clock.hpp>
#include <fsm/concurrency.hpp>
#include <fsm/error.hpp>
#include <fsm/runtime.hpp>

#include <tl/expected.hpp>

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
class invoker {
public:
  using result = tl::expected<completed, refusal>;
  using finished = std::function<void(result)>;

  /// All must outlive it, and it must outlive every invocation.
  invoker(fsm::runtime& functions, fsm::concurrency_limiter& limiter, runner& runs,
          std::shared_ptr<fsm::clock> clock);

  /// Runs one. May wait for a function that has to be asked. `done` is called once, on any thread,
  /// also inside this call.
  void start(order what, finished done);

private:
  struct running;
  void start(order what, finished done, int number);
  void run(const std::shared_ptr<running>& one, const run_settings& settings, order what);

  fsm::runtime& functions_;
  fsm::concurrency_limiter& limiter_;
  runner& runner_;
  const std::shared_ptr<fsm::clock> clock_;
  settings_cache settings_;
};

}  // namespace platform::invoke
