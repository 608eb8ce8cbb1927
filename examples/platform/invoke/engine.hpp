#pragma once

#include "invoke/event_queue.hpp"
#include "invoke/event_store.hpp"
#include "invoke/invoker.hpp"
#include "invoke/lost_limit.hpp"
#include "invoke/resolve.hpp"
#include "invoke/runner.hpp"
#include <fsm/clock.hpp>
#include <fsm/concurrency.hpp>
#include <fsm/expected.hpp>
#include <fsm/runtime.hpp>

#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace platform::invoke {

/// What an engine is made of.
struct engine_options {
  std::uint32_t account_concurrency = fsm::concurrency_limiter::account_default;
  std::shared_ptr<runner> runs = make_echo_runner();
  /// For events.
  resolver resolve = resolve_latest();
  std::unique_ptr<event_store> events = make_memory_event_store();
  event_queue::settings_source event_settings = [](const std::string&, const std::string&) {
    return invoke::event_settings{};
  };
  event_limits limits{};
  /// How long the end waits for invocations that have been cancelled, by the time outside.
  std::chrono::milliseconds stop_patience{1000};
  /// Called before anything is delivered: sets what functions have for themselves. Gives what does
  /// not fit into the account, which is logged.
  std::function<fsm::expected<std::vector<lost_limit>>(fsm::concurrency_limiter&)> load =
      [](fsm::concurrency_limiter&) { return std::vector<lost_limit>{}; };
};

/// All that runs invocations: limits, runner, and the queue of events.
class engine {
public:
  /// `functions` must outlive it. Events that were kept are delivered from now on. Error: that of
  /// the event store, or of `load`.
  [[nodiscard]] static fsm::expected<std::unique_ptr<engine>> start(
      fsm::runtime& functions, const std::shared_ptr<fsm::clock>& clock,
      const std::shared_ptr<spdlog::logger>& log, engine_options how);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  /// Cancels what still runs and waits for it (`stop_patience`), then for the event store.
  ~engine();

  [[nodiscard]] fsm::concurrency_limiter& limiter() noexcept { return *limiter_; }
  [[nodiscard]] invoker& runs() noexcept { return *invoker_; }
  [[nodiscard]] event_queue& events() noexcept { return *events_; }

  /// Delivers no more events.
  void stop() {
    if (events_) events_->stop();
  }

private:
  engine(fsm::runtime& functions, const std::shared_ptr<fsm::clock>& clock,
         const engine_options& how, std::shared_ptr<runner> runs)
      : patience_{how.stop_patience},
        limiter_{std::make_shared<fsm::concurrency_limiter>(how.account_concurrency)},
        invoker_{std::make_shared<invoker>(functions, limiter_, std::move(runs), clock)} {}

  const std::chrono::milliseconds patience_;
  const std::shared_ptr<fsm::concurrency_limiter> limiter_;
  const std::shared_ptr<invoker> invoker_;
  std::shared_ptr<event_queue> events_;
};

}  // namespace platform::invoke
