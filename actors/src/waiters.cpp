#include "waiters.hpp"

#include "core.hpp"
#include "function_actor.hpp"
#include "mutant.hpp"
#include "provisioner.hpp"

#include <absl/strings/string_view.h>
#include <fmt/format.h>

#include <algorithm>

namespace fsm::detail {

namespace {

enum class outlook : std::uint8_t { fulfilled, hopeless, open };

/// What a situation means to whoever waits for `wanted`. The function got into it by the transition
/// of `sequence`, or is gone.
outlook judge(const condition& wanted, pair found, std::uint64_t sequence) {
  if (found != pairs::absent && wanted.after != 0 && sequence <= wanted.after) return outlook::open;
  const std::size_t now = index_of(found);
  if (wanted.fulfilled.contains(now)) return outlook::fulfilled;
  return wanted.hopeless.contains(now) ? outlook::hopeless : outlook::open;
}

}  // namespace

waiter_table::waiter_table(core& o, std::function<void()> wake)
    : core_{o}, start_{o.clock->now()}, wheel_{links{this}}, alarm_{o.clock, std::move(wake)} {}

void waiter_table::arm(call& waiter, std::uint32_t slot) {
  auto& who = static_cast<wait_call&>(waiter);
  const lifecycle_record& record = who.found.record;
  if (record.pair == pairs::absent) {
    // There was no function of that name, or no longer; one may have been created since.
    const caf::strong_actor_ptr created = core_.find(who.name);
    auto* const next = created == nullptr ? nullptr : &function_of(created);
    if (next != nullptr && next->uid() != who.found.uid) {
      next->post(&who);
      return;
    }
  }
  const outlook now = judge(*who.wait_for, record.pair, who.seen);
  if (now == outlook::fulfilled) {
    answer(who, errc::none);
  } else if (now == outlook::hopeless) {
    answer(who, who.found.uid == 0 ? errc::not_found : errc::unreachable);
  } else if (stopped_) {
    answer(who, errc::stopped);
  } else if (who.ticket != nullptr && who.ticket->cancelled.load(std::memory_order_acquire)) {
    answer(who, errc::cancelled);
  } else if (core_.waiters.free() == 0 || !core_.waiters.is_within_share(who.found.tenant)) {
    answer(who, errc::too_many_requests);
  } else if (who.deadline <= core_.clock->now()) {
    answer(who, errc::timed_out);
  } else {
    arm_entry(who, record.pair == pairs::absent ? none : slot);
    if (record.pair.state == state::pending || record.target() != 0) prefer(who.found.uid);
  }
}

/// The function's attempt goes before those nobody waits for.
void waiter_table::prefer(std::uint64_t uid) {
  if (!core_.attempts_have_to_wait()) return;
  auto* wanted = new prefer_attempt;
  wanted->uid = uid;
  core_.provisioner->post(wanted);
}

void waiter_table::arm_entry(wait_call& who, std::uint32_t slot) {
  std::uint32_t n = free_;
  if (n != none) {
    free_ = entries_[n].next;
  } else {
    n = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  }
  entry& e = entries_[n];
  e = entry{};
  e.who = &who;
  e.slot = slot;
  // Rounded up: a waiter is never answered before its deadline. One tick is a millisecond.
  e.due_tick =
      static_cast<std::uint64_t>(std::max<std::int64_t>((who.deadline - start_).count(), 0));
  if (slot != none) {
    e.next = by_slot_.try_emplace(slot, none).first->second;
  } else {
    e.next = by_name_.try_emplace(who.name, none).first->second;
  }
  if (e.next != none) entries_[e.next].previous = n;
  set_head(e, n);
  if (who.ticket != nullptr) who.ticket->armed_at = n;
  e.tenant = who.found.tenant;
  ++count_;
  core_.waiters.take(e.tenant);
  tally::raise(core_.counts.waiters);
  wheel_.arm(n);
}

/// `n` is now the first waiter of the function or name that `e` waits for; none = there is none.
void waiter_table::set_head(const entry& e, std::uint32_t n) {
  if (e.slot != none && n != none) {
    by_slot_[e.slot] = n;
  } else if (e.slot != none) {
    by_slot_.erase(e.slot);
  } else if (n != none) {
    by_name_.at(e.who->name) = n;
  } else {
    by_name_.erase(e.who->name);
  }
}

wait_call* waiter_table::take(std::uint32_t n) {
  entry& e = entries_[n];
  wait_call* const who = e.who;
  if (e.next != none) entries_[e.next].previous = e.previous;
  if (e.previous != none) {
    entries_[e.previous].next = e.next;
  } else {
    set_head(e, e.next);
  }
  if (wheel_.armed(n)) wheel_.disarm(n);
  if (who->ticket != nullptr) who->ticket->armed_at = none;
  --count_;
  core_.waiters.give_back(e.tenant);
  tally::lower(core_.counts.waiters);
  e = entry{};
  e.next = free_;
  free_ = n;
  return who;
}

void waiter_table::answer(wait_call& who, errc code) {
  const lifecycle_record& found = who.found.record;
  const auto fail = [&who, &found, code](std::string message) {
    who.failure = {code, std::move(message), found.pair.state, found.state_reason};
  };
  tally& counts = core_.counts;
  tally::raise(code == errc::none        ? counts.waits_fulfilled
               : code == errc::timed_out ? counts.waits_timed_out
                                         : counts.waits_ended_otherwise);
  switch (code) {
    case errc::none: break;
    case errc::timed_out:
      fail(fmt::format("function {} did not get there in time; it is {}", who.name,
                       found.pair.state == state::none ? "absent" : wire_name(found.pair.state)));
      break;
    case errc::unreachable:
      fail(fmt::format("function {} is {} and will not get there", who.name,
                       found.pair.state == state::none ? "gone" : wire_name(found.pair.state)));
      break;
    case errc::not_found: fail(fmt::format("there is no function {}", who.name)); break;
    case errc::cancelled:
      fail(fmt::format("the wait for function {} was cancelled", who.name));
      break;
    case errc::stopped: fail("the runtime has stopped"); break;
    default:
      fail(core_.waiters.free() == 0
               ? fmt::format("more than {} waiters are armed", core_.how.waiters_max)
               : std::string{"the tenant has its share of the waiters; others need the rest"});
      break;
  }
  who.answered();
}

void waiter_table::fire(const transition& t, const change& c, std::uint32_t slot,
                        std::string_view name) {
  if (count_ == 0) return;
  if (const auto found = by_slot_.find(slot); found != by_slot_.end())
    fire_list(found->second, t, c, slot);
  if (t.from == pairs::absent) {
    // Those who waited for the name now wait for the function.
    if (const auto found = by_name_.find(absl::string_view{name.data(), name.size()});
        found != by_name_.end())
      fire_list(found->second, t, c, slot);
  }
}

void waiter_table::fire_list(std::uint32_t head, const transition& t, const change& c,
                             std::uint32_t slot) {
  // Whoever waits on when a function comes or goes waits for the other from now on: the function or
  // its name.
  const std::uint32_t waits_for = t.to == pairs::absent ? none : slot;
  for (std::uint32_t n = head; n != none;) {
    const std::uint32_t next = entries_[n].next;
    wait_call& who = *entries_[n].who;
    who.found.uid = t.uid;
    who.found.record = c.record;
    if (t.from == pairs::absent)
      who.found.tenant = static_cast<std::uint16_t>(core_.tenants.index_of(c.tenant));
    who.sequence = t.sequence;
    const outlook now = judge(*who.wait_for, t.to, t.sequence);
    if (now == outlook::fulfilled) {
      answer(*take(n), errc::none);
    } else if (now == outlook::hopeless) {
      answer(*take(n), errc::unreachable);
    } else if (entries_[n].slot != waits_for) {
      static_cast<void>(take(n));
      if (!mutated(mutant::waiter_lost)) arm_entry(who, waits_for);
    }
    n = next;
  }
}

void waiter_table::handle(const internal_message& what) {
  if (const auto* cancelled = as<waiter_cancelled>(what)) {
    if (cancelled->ticket->armed_at != none)
      answer(*take(cancelled->ticket->armed_at), errc::cancelled);
  } else if (as<waiters_tick>(what) != nullptr) {
    const auto tick = (core_.clock->now() - start_).count();
    wheel_.advance(static_cast<std::uint64_t>(std::max<std::int64_t>(tick, 0)),
                   [this](std::uint32_t n) { answer(*take(n), errc::timed_out); });
  } else {
    stopped_ = true;
    for (std::uint32_t n = 0; n < entries_.size(); ++n) {
      if (entries_[n].who != nullptr) answer(*take(n), errc::stopped);
    }
  }
}

void waiter_table::after_batch() {
  if (wheel_.size() != 0)
    alarm_.at_latest(start_ + duration{static_cast<std::int64_t>(wheel_.next_tick())});
}

}  // namespace fsm::detail
