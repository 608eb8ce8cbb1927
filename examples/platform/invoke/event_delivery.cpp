#include "invoke/event_queue.hpp"
#include <fsm/quoted.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <tuple>

// How an event is delivered, and what becomes of it.

namespace platform::invoke {

using namespace std::chrono_literals;

namespace {

constexpr fsm::duration pause_min = 1s;
constexpr fsm::duration pause_max = 5min;
constexpr fsm::duration pause_after_failure = 1min;

// The pause after so many times, the first being 1.
fsm::duration growing_pause(std::uint32_t times) {
  const auto doublings = std::min(times - 1, std::uint32_t{16});
  return std::min(pause_max, pause_min * (std::int64_t{1} << doublings));
}

}  // namespace

// --- who delivers --------------------------------------------------------------------------------

void event_queue::poke() {
  if (!started_ || stopping_ || delivering_ > 0) return;
  poked_ = true;
  changed_.notify_all();
}

void event_queue::set_alarm() {
  const auto at = wakes_.empty() || stopping_ ? fsm::timestamp::max() : wakes_.begin()->first;
  if (at == alarm_at_) return;
  if (alarm_ != 0) from_.clock->cancel(alarm_);
  alarm_ = 0;
  alarm_at_ = at;
  if (at == fsm::timestamp::max()) return;
  alarm_ = from_.clock->call_at(at, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    std::unique_lock lock{self->mutex_};
    self->alarm_ = 0;
    self->alarm_at_ = fsm::timestamp::max();
    if (!self->from_.clock->is_manual()) return self->poke();
    self->deliver(lock);  // A manual clock does not move on before this returns.
  });
}

void event_queue::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return poked_ || stopping_; });
    if (stopping_) return;
    poked_ = false;
    deliver(lock);
  }
}

// Starts all that may run now. Whoever changes something meanwhile need not poke: it is seen before
// this ends.
void event_queue::deliver(std::unique_lock<std::mutex>& lock) {
  ++delivering_;
  for (auto [entry, what] = next(); entry != nullptr; std::tie(entry, what) = next()) {
    lock.unlock();
    run(what);
    lock.lock();
  }
  set_alarm();
  --delivering_;
  changed_.notify_all();
}

bool event_queue::give_up_before(const event& what, const event_settings& how) {
  if (from_.clock->now() - what.accepted_at >= how.age_max) {
    drop(what, drop_reason::event_age_exceeded);
    return true;
  }
  if (from_.limiter->reserved(what.function) == 0U) {
    drop(what, drop_reason::zero_reserved_concurrency);
    return true;
  }
  return false;
}

void event_queue::run(const event& what) {
  if (give_up_before(what, from_.settings(what.function, what.qualifier))) return;
  from_.resolve(what.function, what.qualifier,
                [weak = weak_from_this(), what](const fsm::expected<resolved>& version) {
                  const auto self = weak.lock();
                  if (!self) return;
                  if (!version) return self->refused(what, {std::nullopt, version.error()});
                  self->run_version(what, *version);
                });
}

void event_queue::run_version(const event& what, const resolved& version) {
  auto payload = from_.store->payload(what.id);
  if (!payload) return refused(what, {std::nullopt, payload.error()});
  order wanted{.name = version.name,
               .function = what.function,
               .version = version.version,
               .invoked_arn = what.invoked_arn,
               .request_id = what.request_id,
               .payload = *std::move(payload),
               .client_context = what.client_context,
               .trace_id = what.trace_id};
  from_.runs->start(std::move(wanted), [weak = weak_from_this(), what](const auto& result) {
    if (const auto self = weak.lock()) self->finished(what, result);
  });
}

// --- what becomes of it --------------------------------------------------------------------------

void event_queue::finished(event what, const invoker::result& result) {
  if (!result) return refused(std::move(what), result.error());
  ++what.runs;
  if (result->what.function_error.empty()) return succeeded(what);
  failed(std::move(what));
}

void event_queue::refused(event what, const refusal& why) {
  if (why.throttled) return hold_line(std::move(what));
  switch (why.why.code) {
    case fsm::errc::not_found: return drop(what, drop_reason::function_not_found);
    case fsm::errc::function_pending:
    case fsm::errc::function_initializing:
    case fsm::errc::function_failed:
    case fsm::errc::too_many_requests: return hold_line(std::move(what));
    case fsm::errc::stopped: return;  // It stays kept, as it is.
    default: break;
  }
  from_.log->warn("event could not be run function={} request={} error={}",
                  fsm::quoted(what.function), what.request_id, fsm::quoted(why.why.message));
  const auto pause = growing_pause(++what.breakdowns);
  put_off(std::move(what), pause, false);
}

void event_queue::succeeded(const event& what) {
  {
    const std::lock_guard lock{mutex_};
    ++counters_.delivered;
  }
  forget(what, true);
}

void event_queue::failed(event what) {
  const auto how = from_.settings(what.function, what.qualifier);
  const auto failures = what.runs;
  if (failures > how.retries_max) return drop(what, drop_reason::retries_exhausted);
  const auto pause = pause_after_failure * failures;
  put_off(std::move(what), pause, true);
}

void event_queue::drop(const event& what, drop_reason why) {
  const auto age =
      std::chrono::duration_cast<std::chrono::seconds>(from_.clock->now() - what.accepted_at);
  from_.log->warn("event dropped function={} request={} reason={} age_seconds={} attempts={}",
                  fsm::quoted(what.function), what.request_id, to_string(why), age.count(),
                  what.runs);
  {
    const std::lock_guard lock{mutex_};
    ++counters_.dropped[static_cast<std::size_t>(why)];
  }
  forget(what, why == drop_reason::retries_exhausted);
}

// The function as a whole cannot run now: the event stays the first of its line.
void event_queue::hold_line(event what) {
  const auto how = from_.settings(what.function, what.qualifier);
  const std::lock_guard lock{mutex_};
  auto& entry = *lines_.find(what.function);
  auto& mine = entry.second;
  const auto now = from_.clock->now();
  // Those that were on their way together count once.
  if (mine.not_before <= now) {
    mine.not_before =
        std::min(now + growing_pause(++mine.refusals), what.accepted_at + how.age_max);
  }
  mine.ready.push_front(std::move(what));
  ++counters_.queued;
  ++counters_.retried;
  done_with(entry, false);
  poke();
}

void event_queue::put_off(event what, fsm::duration pause, bool has_run) {
  const auto how = from_.settings(what.function, what.qualifier);
  what.due = std::min(from_.clock->now() + pause, what.accepted_at + how.age_max);
  from_.store->change(what);
  const std::lock_guard lock{mutex_};
  auto& entry = *lines_.find(what.function);
  const auto due = what.due;
  entry.second.later.emplace(due, std::move(what));
  ++counters_.queued;
  ++counters_.retried;
  done_with(entry, has_run);
  poke();
}

void event_queue::forget(const event& what, bool has_run) {
  {
    const std::lock_guard lock{mutex_};
    auto& entry = *lines_.find(what.function);
    done_with(entry, has_run);
    poke();
  }
  from_.store->remove(what.id, [weak = weak_from_this(), what](const fsm::expected<void>& result) {
    const auto self = weak.lock();
    if (!self || !result) return;
    const std::lock_guard lock{self->mutex_};
    self->free_room(what);
  });
}

}  // namespace platform::invoke
