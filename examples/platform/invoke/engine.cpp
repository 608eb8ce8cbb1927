#include "invoke/engine.hpp"

#include <fsm/quoted.hpp>

#include <spdlog/spdlog.h>

#include <utility>

namespace platform::invoke {

fsm::expected<std::unique_ptr<engine>> engine::start(fsm::runtime& functions,
                                                     const std::shared_ptr<fsm::clock>& clock,
                                                     const std::shared_ptr<spdlog::logger>& log,
                                                     engine_options how) {
  std::unique_ptr<engine> result{new engine{functions, clock, how, std::move(how.runs)}};
  const auto lost = how.load(*result->limiter_);
  if (!lost) return fsm::unexpected(lost.error());
  for (const auto& each : *lost) {
    log->warn("limit does not hold function={} version={} count={} error={}",
              fsm::quoted(each.function), each.version, each.count, fsm::quoted(each.why));
  }
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

// Whoever still holds the queue holds what it uses. The store ends here, and not where the queue
// does: that may be on the store's own thread.
engine::~engine() {
  stop();
  invoker_->stop(patience_);
  if (events_) events_->close();
}

}  // namespace platform::invoke
