#include "reclaimer.hpp"

#include "core.hpp"
#include "provisioner.hpp"

#include <algorithm>

namespace fsm::detail {

namespace {

/// Proposals that may be unanswered: enough to keep everybody busy, few enough to stay in the
/// processor's caches and to leave callers nearly all of the journal.
constexpr std::size_t unanswered_max = 256;
/// Functions proposed at a time.
constexpr std::size_t proposals_max = 128;

/// To a function: its idle time seems over.
struct proposal final : call {
  explicit proposal(reclaimer& from) : from_{from} {}
  void answered() noexcept override {
    // A function that outlives its runtime answers, too, and then there is no reclaimer any more.
    if (failure.code != errc::stopped) from_.proposal_answered();
    delete this;
  }

private:
  reclaimer& from_;
};

}  // namespace

std::uint32_t& reclaimer::links::next(std::uint32_t n) const noexcept {
  return o->pool->head(n).wheel_next;
}
std::uint32_t& reclaimer::links::previous(std::uint32_t n) const noexcept {
  return o->pool->head(n).wheel_previous;
}
std::uint64_t reclaimer::links::due(std::uint32_t n) const noexcept {
  const hot_line& who = o->pool->line(n);
  const duration from_start = who.last_use() + o->idle_after(who.idle_policy) - start;
  const auto ticks = (from_start.count() + tick.count() - 1) / tick.count();
  return ticks > 0 ? static_cast<std::uint64_t>(ticks) : 0;
}

void reclaimer::links::prefetch(std::uint32_t n) const noexcept {
  const auto* const body = reinterpret_cast<const std::byte*>(&o->pool->head(n));
  for (std::size_t at = 0; at < function_pool::body_bytes; at += 64)
    __builtin_prefetch(body + at, 1);
  __builtin_prefetch(body + function_pool::body_bytes - 1, 1);
  __builtin_prefetch(&o->pool->line(n), 1);
}

duration reclaimer::tick_for(duration idle_after) noexcept {
  return std::clamp(idle_after / 4096, duration{1}, duration{std::chrono::seconds{1}});
}

reclaimer::reclaimer(caf::actor_config& how, core& o)
    : compact_actor{how},
      core_{o},
      start_{o.clock->now()},
      tick_{tick_for(o.how.idle_after)},
      wheel_{links{&o, start_, tick_}},
      clock_writer_{o},
      alarm_{o.clock, [this] { post(new reclaimer_tick); }} {}

void reclaimer::watch(function_actor& who) noexcept {
  auto* again = new still_in_use;
  again->who = caf::strong_actor_ptr{who.ctrl()};
  post(again);
}

void reclaimer::handle(internal_message* what) noexcept {
  if (auto* usage = as<usage_changed>(what)) {
    on_usage(*usage);
  } else if (auto* busy = as<still_in_use>(what)) {
    function_actor& who = function_of(busy->who);
    // Not before the next tick, even if its deadline says so: it is waiting for an invocation to
    // end.
    if (!wheel_.armed(who.slot()) && !who.word().load().gone()) wheel_.arm(who.slot());
  } else {
    on_tick();
  }
  delete what;
}

void reclaimer::on_tick() noexcept {
  // Once the store has failed nothing can become Inactive; trying would only touch what can still
  // be read.
  if (core_.stopping() || core_.store_is_broken()) return;
  const timestamp now = core_.clock->now();
  const auto tick = static_cast<std::uint64_t>(std::max<std::int64_t>((now - start_) / tick_, 0));
  more_is_due_ = !wheel_.advance(
      tick, [this, now](std::uint32_t slot) { propose(slot, now); }, room());
  clock_writer_.advance(now);
  if (draining_until_.empty() || draining_until_.front() > now) return;
  while (!draining_until_.empty() && draining_until_.front() <= now) draining_until_.pop_front();
  for (const attempt_token& resources : core_.pool->draining.expire(now))
    core_.provisioner->release(resources);
}

void reclaimer::after_batch() noexcept {
  if (core_.store_is_broken()) return;
  if (more_is_due_) {
    more_is_due_ = false;
    waits_for_room_.store(true, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    // The last answer it would wait for may just have come.
    if (may_go_on()) stop_waiting();
    return;
  }
  if (waits_for_room_.load(std::memory_order_relaxed)) return;
  if (wheel_.size() != 0)
    alarm_.at_latest(start_ + tick_ * static_cast<std::int64_t>(wheel_.next_tick()));
  if (clock_writer_.next() != timestamp::max()) alarm_.at_latest(clock_writer_.next());
  if (!draining_until_.empty()) alarm_.at_latest(draining_until_.front());
}

std::size_t reclaimer::proposed_max() const noexcept {
  return std::min(unanswered_max, (core_.how.journal_max + 1) / 2);
}

std::size_t reclaimer::room() const noexcept {
  const std::size_t most = proposed_max();
  const std::size_t proposed = proposed_.load(std::memory_order_relaxed);
  if (proposed >= most) return 0;
  return std::min({most - proposed, core_.transitions.free(), proposals_max});
}

bool reclaimer::may_go_on() const noexcept {
  return proposed_.load(std::memory_order_seq_cst) <= proposed_max() / 2 &&
         core_.transitions.free() > 0;
}

void reclaimer::stop_waiting() noexcept {
  if (waits_for_room_.exchange(false)) post(new reclaimer_tick);
}

void reclaimer::on_usage(usage_changed& what) {
  for (const caf::strong_actor_ptr& who : what.active) arm(function_of(who));
  for (caf::strong_actor_ptr& who : what.removed) {
    disarm(function_of(who));
    core_.let_go(std::move(who));
  }
  // Deadlines come in order, as all have the same distance from when they were made.
  draining_until_.insert(draining_until_.end(), what.draining_until.begin(),
                         what.draining_until.end());
}

void reclaimer::arm(function_actor& who) noexcept {
  if (!wheel_.armed(who.slot())) wheel_.arm(who.slot());
  clock_writer_.note_active(core_.idle_after(who.line().idle_policy));
}

void reclaimer::adopt(std::uint32_t slot) noexcept { arm(*core_.pool->function(slot)); }

void reclaimer::disarm(function_actor& who) noexcept {
  if (wheel_.armed(who.slot())) wheel_.disarm(who.slot());
}

void reclaimer::propose(std::uint32_t slot, timestamp now) noexcept {
  auto* due = new proposal{*this};
  due->what = {.event = event::idle_due, .at = now};
  due->why = cause::timer;
  proposed_.fetch_add(1, std::memory_order_relaxed);
  tally::raise(core_.counts.idle_proposals);
  core_.pool->function(slot)->post(due);
}

}  // namespace fsm::detail
