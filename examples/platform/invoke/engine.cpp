#include "invoke/engine.hpp"

#include <utility>

namespace platform::invoke {

fsm::expected<std::unique_ptr<engine>> engine::start(fsm::runtime& functions,
                                                     const std::shared_ptr<fsm::clock>& clock,
                                                     const std::shared_ptr<spdlog::logger>& log,
                                                     engine_options how) {
  std::unique_ptr<engine> result{
      new engine{functions, clock, how.account_concurrency, std::move(how.runs)}};
  if (auto loaded = how.load(result->limiter_); !loaded) return fsm::unexpected(loaded.error());
  auto events = event_queue::open({.resolve = std::move(how.resolve),
                                   .limiter = result->limiter_,
                                   .runs = result->invoker_,
                                   .clock = clock,
                                   .store = std::move(how.events),
                                   .log = log,
                                   .settings = std::move(how.event_settings),
                                   .limits = how.limits});
  if (!events) return fsm::unexpected(events.error());
  result->events_ = *std::move(events);
  result->events_->start();
  return result;
}

}  // namespace platform::invoke
