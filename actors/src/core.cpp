#include "core.hpp"

#include "assert.hpp"
#include "delivery.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "journal.hpp"
#include "provisioner.hpp"
#include "reclaimer.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

namespace fsm::detail {

namespace {

options with_defaults(options how) {
  if (how.store == nullptr) how.store = make_memory_store();
  if (how.provider == nullptr) how.provider = make_instant_provider();
  if (how.clock == nullptr) how.clock = make_system_clock();
  return how;
}

std::unique_ptr<caf::actor_system_config> config_for(const options& how) {
  auto config = std::make_unique<caf::actor_system_config>();
  config->set("scheduler.max-threads", how.threads != 0 ? how.threads : std::max(std::thread::hardware_concurrency(), 1U));
  // Workers sleep until there is work; CAF's default lets them poll.
  config->set("scheduler.policy", caf::atom("sharing"));
  return config;
}

caf::scheduler::test_coordinator* test_coordinator_of(caf::actor_system& system) {
  return dynamic_cast<caf::scheduler::test_coordinator*>(&system.scheduler());
}

}  // namespace

core::core(options given, caf::actor_system* borrowed)
    : how{with_defaults(std::move(given))},
      store{how.store},
      provider{how.provider},
      clock{how.clock},
      scheduled{how.run == run_mode::scheduled},
      counts_activity{clock->is_manual()},
      pool{new function_pool{*this, how.functions_max}},
      directory{pool->epochs, how.functions_max},
      index{how.functions_max},
      waiting{new errands, false} {
  static_cast<void>(tenants.index_of({}));
  static_cast<void>(idle_policies.index_of(how.idle_after));
  for (const auto& who : how.observers) static_cast<void>(add_observer(who));
  if (borrowed == nullptr) {
    config_ = config_for(how);
    owned_system_ = std::make_unique<caf::actor_system>(*config_);
    borrowed = owned_system_.get();
  }
  system_ = borrowed;
  simulated = scheduled && test_coordinator_of(*system_) != nullptr;
}

core::~core() {
  stop(std::chrono::seconds{4});
  owned_system_.reset();
  waiting.reset();
  // Nobody looks for functions any more: those removed last can go.
  pool->epochs.synchronize();
  pool->epochs.collect();
  pool->release();
}

expected<void> core::start() {
  const expected<fsm::store::opened> opened = store->open();
  if (!opened) return unexpected(opened.error());
  next_uid_.store(opened->last_uid + 1, std::memory_order_relaxed);
  provisioner.spawn(*system_, *this);
  reclaimer.spawn(*system_, *this);
  delivery.spawn(*system_, *this);
  journal.spawn(*system_, *this, opened->epoch, opened->last_sequence);
  // A clock that outlives the runtime must not find it gone.
  settler_ = clock->add_settler([where = weak_from_this()] {
    if (const auto o = where.lock()) o->settle();
  });
  if (how.log != nullptr) how.log->info("runtime started epoch={} threads={}", opened->epoch, how.threads);
  return {};
}

// -- functions ---------------------------------------------------------------------------------------------------------------

caf::strong_actor_ptr core::find(std::string_view name) {
  const epoch_domain::pin pinned{pool->epochs};
  if (pool->owner() == nullptr) return nullptr;  // Stopped: the names are gone.
  const std::uint32_t slot = directory.find(name, [this](std::uint32_t s) { return pool->function(s)->name(); });
  // The directory's hold on it cannot be given back while this thread is pinned.
  return slot == directory::none ? nullptr : caf::strong_actor_ptr{pool->function(slot)->ctrl(), true};
}

caf::strong_actor_ptr core::find_or_make(std::string_view name) {
  const auto attempt = [this, name]() -> caf::strong_actor_ptr {
    const epoch_domain::pin pinned{pool->epochs};
    if (pool->owner() == nullptr) return nullptr;
    const std::uint32_t slot = directory.find_or_add(
        name, [this](std::uint32_t s) { return pool->function(s)->name(); }, [this, name] { return make_function(name); });
    return slot == directory::none ? nullptr : caf::strong_actor_ptr{pool->function(slot)->ctrl(), true};
  };
  if (caf::strong_actor_ptr who = attempt()) return who;
  // Removed functions may still take up room.
  pool->epochs.collect();
  return attempt();
}

std::uint32_t core::make_function(std::string_view name) {
  const std::uint32_t slot = pool->take();
  if (slot == function_pool::no_slot) return directory::none;
  caf::actor_config how_to;
  // Its first reference is the directory's.
  new (&pool->head(slot)) caf::actor_storage<function_actor>(
      system_->next_actor_id(), system_->node(), system_, how_to, next_uid_.fetch_add(1, std::memory_order_relaxed), name);
  return slot;
}

void core::forget_name(const function_actor& who) { directory.remove(who.name(), who.slot()); }

void core::let_go(caf::strong_actor_ptr who) {
  pool->epochs.retire([who = std::move(who)] { intrusive_ptr_release(who.get()); });
}

void core::complete(function_actor& who, std::uint32_t slot, std::uint32_t generation) noexcept {
  // The caller is pinned or runs the function. While the generation is the caller's, the function is still there.
  admission_word& gate = pool->word(slot);
  if (gate.load().generation() == generation) {
    who.touch(clock->coarse_now());
    if (gate.try_complete(generation)) return;
  }
  if (const auto drained = pool->draining.complete(slot, generation); drained && drained->number != 0) {
    provisioner->release(*drained);
  }
}

// -- limits ------------------------------------------------------------------------------------------------------------------

error core::room_for_transition() const noexcept {
  if (stopping()) return {errc::stopped, "the runtime has stopped"};
  if (store_is_broken()) return {errc::outcome_unknown, "the store has failed; nothing more is written"};
  if (free_transitions() == 0) {
    return {errc::too_many_requests, fmt::format("{} transitions are waiting for the store", how.journal_max)};
  }
  return {};
}

error core::room_for_attempt() const noexcept {
  const std::size_t most = how.provisioner.queued_max + how.provisioner.in_flight_max;
  if (attempts_.load(std::memory_order_relaxed) < most) return {};
  return {errc::too_many_requests, fmt::format("{} attempts at making resources are waiting", most)};
}

std::size_t core::free_transitions() const noexcept {
  const std::size_t taken = transitions_.load(std::memory_order_relaxed);
  return taken < how.journal_max ? how.journal_max - taken : 0;
}

// -- waiting -----------------------------------------------------------------------------------------------------------------

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

void core::cancel_waiter(std::uint64_t id) {
  const epoch_domain::pin pinned{pool->epochs};
  if (pool->owner() == nullptr) return;
  auto* cancelled = new waiter_cancelled;
  cancelled->id = id;
  delivery->post(cancelled);
}

admission core::admitted(function_pool& pool, std::uint64_t uid, std::uint32_t slot, std::uint32_t generation,
                         std::uint32_t version, std::uint32_t held) noexcept {
  admission given;
  given.pool_ = &pool;
  given.uid_ = uid;
  given.slot_ = slot;
  given.generation_ = generation;
  given.version_ = version;
  given.held_ = held;
  return given;
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
  wait_and_help([&here](duration span) { return here.wait_for(span); }, std::nullopt);
}

/// Waits in steps. What the answer needs may be waiting for a worker of CAF's, and this thread may be the only one.
template <class WaitFor>
bool core::wait_and_help(WaitFor wait_for, std::optional<duration> patience) noexcept {
  constexpr duration longest_step{64};
  duration waited{0};
  for (duration step{1}; !wait_for(step); step = std::min(step * 2, longest_step)) {
    waited += step;
    if (patience && waited >= *patience) return false;
    helping_scope help;
    help.work_off(*waiting);
  }
  return true;
}

void core::run_simulation(const parking& until) {
  auto& jobs = *test_coordinator_of(*system_);
  auto* const time = dynamic_cast<manual_clock*>(clock.get());
  while (!until.done()) {
    if (jobs.try_run_once()) continue;
    // Nothing left to do and nothing due: what this call waits for comes from outside the simulation, so never.
    FSM_ASSERT(time != nullptr && time->advance_to_next(timestamp::max()));
  }
}

void core::one_less(std::atomic<std::int64_t>& counter) noexcept {
  if (!counts_activity && !stopping()) {
    counter.fetch_sub(1, std::memory_order_acq_rel);  // Nobody waits for it.
    return;
  }
  // Under the lock: once it is zero the runtime may end, but not before the waiting thread has got the lock.
  const std::lock_guard lock{quiet_mutex_};
  if (counter.fetch_sub(1, std::memory_order_acq_rel) == 1) became_quiet_.notify_all();
}

void core::wait_for_quiet(const std::atomic<std::int64_t>& counter, std::optional<duration> patience) noexcept {
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
  wait_for_quiet(activity_, std::nullopt);
}

// -- observers ---------------------------------------------------------------------------------------------------------------

void core::observe(const std::function<void(observer&)>& what) {
  if (!has_observers_.load(std::memory_order_acquire)) return;
  const std::lock_guard one_at_a_time{observing_};
  std::shared_ptr<const observer_list> list;
  {
    const std::lock_guard lock{observers_mutex_};
    list = observers_;
  }
  for (const auto& [id, who] : *list) {
    if (!guarded([&, &one = *who] { what(one); }) && how.log != nullptr) how.log->error("an observer threw an exception");
  }
}

std::uint64_t core::add_observer(std::shared_ptr<observer> who) {
  const std::lock_guard lock{observers_mutex_};
  auto list = std::make_shared<observer_list>(*observers_);
  list->emplace_back(++last_observer_, std::move(who));
  observers_ = std::move(list);
  has_observers_.store(true, std::memory_order_release);
  return last_observer_;
}

void core::remove_observer(std::uint64_t id) {
  const std::lock_guard lock{observers_mutex_};
  auto list = std::make_shared<observer_list>(*observers_);
  std::erase_if(*list, [id](const auto& item) { return item.first == id; });
  has_observers_.store(!list->empty(), std::memory_order_release);
  observers_ = std::move(list);
}

void core::store_failed(const error& why) noexcept {
  store_broken_.store(true, std::memory_order_release);
  if (how.log != nullptr) how.log->error("the store failed; nothing more is written reason=\"{}\"", why.message);
}

// -- the end -----------------------------------------------------------------------------------------------------------------

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
    wait_for_journal(patience);
    reclaimer->close();
    provisioner->close();
    delivery->close();
    delivery->post(new waiters_stop);
    wait_for_parts(patience);
  }
  pool->disown();
  // For what functions had posted before that.
  if (journal) wait_for_parts(patience);
  shut_functions_down();
  observe([](observer& o) { o.on_stopped(); });
  stopped_.store(true);
  if (how.log != nullptr) how.log->info("runtime stopped");
}

void core::wait_for_journal(duration patience) noexcept {
  // An answer that comes behind everything else. Not on the stack: should the store never answer, it may come later.
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

void core::wait_for_parts(duration patience) noexcept {
  if (simulated) {
    while (test_coordinator_of(*system_)->try_run_once()) {
    }
    return;
  }
  {
    helping_scope help;
    help.work();
  }
  wait_for_quiet(parts_busy_, patience);
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
