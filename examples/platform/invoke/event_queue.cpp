#include "invoke/event_queue.hpp"

#include <fsm/quoted.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <tuple>

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

std::string_view to_string(drop_reason why) noexcept {
  switch (why) {
    case drop_reason::event_age_exceeded: return "EventAgeExceeded";
    case drop_reason::retries_exhausted: return "RetriesExhausted";
    case drop_reason::zero_reserved_concurrency: return "ZeroReservedConcurrency";
    case drop_reason::function_not_found: return "FunctionNotFound";
  }
  return {};
}

fsm::expected<std::shared_ptr<event_queue>> event_queue::open(parts from) {
  auto kept = from.store->load();
  if (!kept) return fsm::unexpected(kept.error());
  std::shared_ptr<event_queue> result{new event_queue{std::move(from)}};
  const std::lock_guard lock{result->mutex_};
  for (event& each : *kept) {
    result->last_id_ = std::max(result->last_id_, each.id);
    ++result->events_;
    result->bytes_ += each.payload_bytes;
    result->enqueue(std::move(each));
  }
  return result;
}

event_queue::event_queue(parts from) : from_{std::move(from)} {}

event_queue::~event_queue() { stop(); }

void event_queue::start() {
  const std::lock_guard lock{mutex_};
  if (started_) return;
  started_ = true;
  settler_ = from_.clock->add_settler([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    std::unique_lock waiting{self->mutex_};
    self->changed_.wait(waiting, [&] { return !self->poked_ && self->delivering_ == 0; });
  });
  thread_ = std::thread{[this] { work(); }};
  poke();
}

void event_queue::stop() {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    stopping_ = true;
    poked_ = false;
    if (alarm_ != 0) from_.clock->cancel(alarm_);
  }
  changed_.notify_all();
  if (!thread_.joinable()) return;
  from_.clock->remove_settler(settler_);
  thread_.join();
}

void event_queue::add(event what, std::string payload, event_store::kept done) {
  what.accepted_at = what.due = from_.clock->now();
  what.payload_bytes = payload.size();
  if (auto room = take_room(what); !room) return done(std::move(room));
  from_.store->add(what, std::move(payload),
                   [weak = weak_from_this(), what,
                    done = std::move(done)](const fsm::expected<void>& result) mutable {
                     if (const auto self = weak.lock()) {
                       const std::lock_guard lock{self->mutex_};
                       if (result) {
                         self->enqueue(std::move(what));
                         self->poke();
                       } else {
                         self->free_room(what);
                       }
                     }
                     done(result);
                   });
}

fsm::expected<void> event_queue::take_room(event& what) {
  const std::lock_guard lock{mutex_};
  if (stopping_) {
    return fsm::unexpected(
        {.code = fsm::errc::stopped, .message = "events are no longer accepted"});
  }
  if (events_ >= from_.limits.events_max || bytes_ + what.payload_bytes > from_.limits.bytes_max) {
    return fsm::unexpected(
        {.code = fsm::errc::too_many_requests, .message = "the queue of events is full"});
  }
  what.id = ++last_id_;
  ++events_;
  bytes_ += what.payload_bytes;
  return {};
}

void event_queue::free_room(const event& what) {
  --events_;
  bytes_ -= what.payload_bytes;
}

event_counters event_queue::counters() const {
  const std::lock_guard lock{mutex_};
  return counters_;
}

// --- lines
// -----------------------------------------------------------------------------------------

void event_queue::enqueue(event what) {
  auto& entry = *lines_.try_emplace(what.function).first;
  ++counters_.queued;
  if (what.due > from_.clock->now()) {
    const auto due = what.due;
    entry.second.later.emplace(due, std::move(what));
  } else {
    entry.second.ready.push_back(std::move(what));
  }
  plan(entry);
}

// Gives the line its turn, or sees to it that it wakes when it may have one.
void event_queue::plan(line_entry& which) {
  auto& mine = which.second;
  if (mine.has_turn) return;
  auto at = fsm::timestamp::max();
  if (!mine.later.empty()) at = mine.later.begin()->first;
  if (!mine.ready.empty() && mine.in_flight < from_.limits.in_flight_each_max)
    at = std::min(at, mine.not_before);
  if (at <= from_.clock->now()) return give_turn(which);
  if (at == mine.wakes_at) return;
  let_sleep(which);
  mine.wakes_at = at;
  if (at != fsm::timestamp::max()) wakes_.emplace(at, &which);
}

// Takes back when the line was to wake.
void event_queue::let_sleep(line_entry& which) {
  auto& at = which.second.wakes_at;
  if (at == fsm::timestamp::max()) return;
  const auto [first, last] = wakes_.equal_range(at);
  wakes_.erase(std::find_if(first, last, [&](const auto& each) { return each.second == &which; }));
  at = fsm::timestamp::max();
}

void event_queue::give_turn(line_entry& which) {
  which.second.has_turn = true;
  turns_.push_back(&which);
}

void event_queue::wake_due(fsm::timestamp now) {
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    auto& entry = *wakes_.begin()->second;
    wakes_.erase(wakes_.begin());
    entry.second.wakes_at = fsm::timestamp::max();
    if (!entry.second.has_turn) give_turn(entry);
  }
}

// The next event to deliver, which is in flight from now on; null = there is none.
std::pair<event_queue::line_entry*, event> event_queue::next() {
  wake_due(from_.clock->now());
  while (!stopping_ && !turns_.empty() && counters_.in_flight < from_.limits.in_flight_max) {
    auto& entry = *turns_.front();
    auto& mine = entry.second;
    const auto now = from_.clock->now();
    turns_.pop_front();
    mine.has_turn = false;
    while (!mine.later.empty() && mine.later.begin()->first <= now) {
      mine.ready.push_back(std::move(mine.later.begin()->second));
      mine.later.erase(mine.later.begin());
    }
    const bool may_run = !mine.ready.empty() && mine.not_before <= now &&
                         mine.in_flight < from_.limits.in_flight_each_max;
    if (!may_run) {
      plan(entry);
      continue;
    }
    event result = std::move(mine.ready.front());
    mine.ready.pop_front();
    ++mine.in_flight;
    ++counters_.in_flight;
    --counters_.queued;
    plan(entry);
    return {&entry, std::move(result)};
  }
  return {};
}

void event_queue::done_with(line_entry& which, bool has_run) {
  auto& mine = which.second;
  --mine.in_flight;
  --counters_.in_flight;
  if (has_run) {  // There is room again, or the function is there again.
    mine.refusals = 0;
    mine.not_before = {};
  }
  const bool is_over = mine.in_flight == 0 && mine.ready.empty() && mine.later.empty();
  if (!is_over) return plan(which);
  if (mine.has_turn) turns_.remove(&which);
  let_sleep(which);
  lines_.erase(which.first);
}

// --- who delivers
// ----------------------------------------------------------------------------------

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

// --- what becomes of it
// ----------------------------------------------------------------------------

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
