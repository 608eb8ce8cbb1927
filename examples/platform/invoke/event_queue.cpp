#include "invoke/event_queue.hpp"

#include <algorithm>

namespace platform::invoke {

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

// --- lines ---------------------------------------------------------------------------------------

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

}  // namespace platform::invoke
