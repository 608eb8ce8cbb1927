// How the runtime waits for its own parts, and how it ends.

#include "assert.hpp"
#include "auditor.hpp"
#include "core.hpp"
#include "delivery.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "journal.hpp"
#include "provisioner.hpp"
#include "real_time.hpp"
#include "reclaimer.hpp"

#include <caf/scheduler/test_coordinator.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace fsm::detail {

namespace {

constexpr duration for_ever = duration::max();

}  // namespace

caf::scheduler::test_coordinator* test_coordinator_of(caf::actor_system& system) {
  return dynamic_cast<caf::scheduler::test_coordinator*>(&system.scheduler());
}

// -- waiting --------------------------------------------------------------------------------------

void core::ask_journal(call& c, parking& here) {
  auto* entry = new journal_entry;
  entry->reply = &c;
  ask(*journal.operator->(), *entry, here);
}

void core::tell_journal(call& c) {
  auto* entry = new journal_entry;
  entry->reply = &c;
  journal->post(entry);
}

void core::cancel_waiter(std::shared_ptr<wait_ticket> ticket) {
  const epoch_domain::pin pinned{pool->epochs};
  if (pool->owner() == nullptr) return;
  auto* cancelled = new waiter_cancelled;
  cancelled->ticket = std::move(ticket);
  delivery->post(cancelled);
}

void core::ask(compact_actor& whom, internal_message& c, parking& here) {
  if (simulated) {
    whom.post(&c);
    run_simulation(here);
    return;
  }
  {
    helping_scope help;
    whom.post(&c);
    help.work();
  }
  wait_and_help([&here](duration span) { return here.wait_for(span); }, for_ever);
}

/// Waits in steps, the first of which is only a look. What the answer needs may be waiting for a
/// worker of CAF's: it may be asleep, or there may be no other thread than this one. So this thread
/// goes on working as long as there is something to do, and waits longer each time there is not.
template <class WaitFor>
bool core::wait_and_help(WaitFor wait_for, duration patience) noexcept {
  constexpr duration longest_step{64};
  const duration begin = real_time();
  for (duration step{0}; !wait_for(step);) {
    if (real_time() - begin >= patience) return false;
    helping_scope help;
    const bool was_needed = help.work_off(*waiting);
    step = was_needed ? duration{0} : std::clamp(step * 2, duration{1}, longest_step);
  }
  return true;
}

void core::run_simulation(const parking& until) {
  auto& jobs = *test_coordinator_of(*system_);
  auto* const time = dynamic_cast<manual_clock*>(clock.get());
  while (!until.done()) {
    if (jobs.try_run_once()) continue;
    // Nothing left to do and nothing due: what this call waits for comes from outside the
    // simulation, so never.
    FSM_ASSERT(time != nullptr && time->advance_to_next(timestamp::max()));
  }
}

void core::one_less(std::atomic<std::int64_t>& counter) noexcept {
  if (!counts_activity && !stopping()) {
    counter.fetch_sub(1, std::memory_order_acq_rel);  // Nobody waits for it.
    return;
  }
  // Under the lock: once it is zero the runtime may end, but not before the waiting thread has got
  // the lock.
  const std::lock_guard lock{quiet_mutex_};
  if (counter.fetch_sub(1, std::memory_order_acq_rel) == 1) became_quiet_.notify_all();
}

void core::wait_for_quiet(const std::atomic<std::int64_t>& counter, duration patience) noexcept {
  const auto quiet = [&counter] { return counter.load(std::memory_order_acquire) <= 0; };
  const auto wait_for = [this, &quiet](duration span) {
    std::unique_lock lock{quiet_mutex_};
    return became_quiet_.wait_for(lock, span, quiet);
  };
  wait_and_help(wait_for, patience);
}

void core::settle() noexcept {
  if (!counts_activity) return;
  if (simulated) {
    while (test_coordinator_of(*system_)->try_run_once()) {
    }
    return;
  }
  {
    helping_scope help;
    help.work();
  }
  wait_for_quiet(activity_, for_ever);
}

// -- the end --------------------------------------------------------------------------------------

void core::stop(duration patience) noexcept {
  if (inside_the_runtime()) {
    // It would wait for itself.
    stopping_.store(true, std::memory_order_release);
    return;
  }
  const std::lock_guard lock{stop_mutex_};
  if (stopped_.load()) return;
  stopping_.store(true, std::memory_order_release);
  if (settler_ != 0) clock->remove_settler(settler_);
  if (journal) {
    journal->keep({.kind = note_kind::owner_alive});
    wait_for_journal(patience);
    reclaimer->close();
    provisioner->close();
    auditor->close();
    delivery->close();
    delivery->post(new waiters_stop);
    wait_for_parts();
  }
  pool->disown();
  // For what functions had posted before that.
  if (journal) wait_for_parts();
  shut_functions_down();
  observe([](observer& o) { o.on_stopped(); });
  stopped_.store(true);
  if (how.log != nullptr && settler_ != 0) how.log->info("runtime stopped");  // It had started.
}

void core::wait_for_journal(duration patience) noexcept {
  // An answer that comes behind everything else. Not on the stack: should the store never answer,
  // it may come later.
  struct barrier final : call {
    std::shared_ptr<parking> here = std::make_shared<parking>();
    void answered() noexcept override {
      const auto keep = here;
      delete this;
      keep->signal();
    }
  };
  auto* last = new barrier;
  const std::shared_ptr<parking> here = last->here;
  auto* entry = new journal_entry;
  entry->reply = last;
  if (simulated) {
    journal->post(entry);
    while (!here->done() && test_coordinator_of(*system_)->try_run_once()) {
    }
    if (here->done()) return;
  } else {
    {
      helping_scope help;
      journal->post(entry);
      help.work();
    }
    const auto wait_for = [&here](duration span) { return here->wait_for(span); };
    if (wait_and_help(wait_for, patience)) return;
  }
  if (how.log != nullptr) how.log->error("the store did not answer before the stop");
  journal->post(new store_given_up);
}

void core::wait_for_parts() noexcept {
  if (simulated) {
    while (test_coordinator_of(*system_)->try_run_once()) {
    }
    return;
  }
  {
    helping_scope help;
    help.work();
  }
  // What they have left is their own work and the embedder's callbacks, not the store's.
  wait_for_quiet(parts_busy_, std::chrono::seconds{4});
}

void core::shut_functions_down() noexcept {
  pool->epochs.collect();  // Removed functions nobody looks at any more.
  const caf::error why = caf::make_error(caf::exit_reason::user_shutdown);
  std::uint64_t admissions = pool->draining.outstanding();
  directory.for_each([&](std::uint32_t slot) {
    function_actor& who = *pool->function(slot);
    admissions += who.close_for_good();
    who.leave(why);
    intrusive_ptr_release(who.ctrl());
  });
  pool->keep_for(admissions);
}

}  // namespace fsm::detail
