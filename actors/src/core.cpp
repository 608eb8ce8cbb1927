#include "core.hpp"

#include "assert.hpp"
#include "auditor.hpp"
#include "delivery.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "journal.hpp"
#include "mutant.hpp"
#include "provisioner.hpp"
#include "reclaimer.hpp"
#include "restorer.hpp"
#include <fsm/quoted.hpp>

#include <caf/logger.hpp>
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
  if (how.threads == 0) how.threads = std::max(std::thread::hardware_concurrency(), 1U);
  return how;
}

/// Workers that run the parts at the same time. Journal and delivery are in one order, so that two
/// workers mostly pass the same memory to and fro: on two cores one alone is a third faster.
std::size_t pipelines(std::size_t threads) { return std::max<std::size_t>(threads / 4, 1); }

/// Events of callers' that never lead to a transition.
bool only_asks(event what) noexcept {
  return what == event::read || what == event::invoke_dry_run || what == event::update_dry_run ||
         what == event::republish || what == event::alias_target;
}

std::unique_ptr<caf::actor_system_config> config_for(const options& how) {
  auto config = std::make_unique<caf::actor_system_config>();
  config->set("scheduler.max-threads", how.threads);
  // Workers sleep until there is work; CAF's default lets them poll.
  config->set("scheduler.policy", caf::atom("sharing"));
  return config;
}

}  // namespace

core::core(options given, caf::actor_system* borrowed)
    : how{with_defaults(std::move(given))},
      store{how.store},
      history{store->history()},
      sharing{how.tenant_share},
      transitions{how.journal_max, sharing},
      attempts{how.provisioner.queued_max + how.provisioner.in_flight_max, sharing},
      waiters{how.waiters_max, sharing},
      provider{how.provider},
      clock{how.clock},
      scheduled{how.run == run_mode::scheduled},
      counts_activity{clock->is_manual()},
      pool{new function_pool{*this, clock, how.functions_max}},
      directory{pool->epochs, how.functions_max},
      index{how.functions_max},
      waiting{new errands{pipelines(how.threads)}, false} {
  static_cast<void>(tenants.index_of({}));
  static_cast<void>(idle_policies.index_of(how.idle_after));
  for (const auto& who : how.observers) static_cast<void>(add_observer(who));
  if (borrowed == nullptr) {
    config_ = config_for(how);
    owned_system_ = std::make_unique<caf::actor_system>(*config_);
    // This thread would hold on to the system's logger: the system waits for it in the end, and if
    // that comes after the thread's own objects have been destroyed it is given back twice.
    caf::logger::set_current_actor_system(nullptr);
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
  epoch = opened->epoch;
  next_uid_.store(opened->last_uid + 1, std::memory_order_relaxed);
  counts.last_sequence.store(opened->last_sequence, std::memory_order_relaxed);
  provisioner.spawn(*system_, *this);
  reclaimer.spawn(*system_, *this);
  auditor.spawn(*system_, *this);
  delivery.spawn(*system_, *this);
  journal.spawn(*system_, *this, opened->epoch, opened->last_sequence);
  restorer found{*this, *opened};
  if (expected<void> read = store->recover(found); !read) return read;
  if (expected<void> restored = found.finish(); !restored) return restored;
  // A clock that outlives the runtime must not find it gone.
  settler_ = clock->add_settler([where = weak_from_this()] {
    if (const auto o = where.lock()) o->settle();
  });
  if (how.log != nullptr)
    how.log->info("runtime started epoch={} threads={} functions={}", epoch, how.threads,
                  found.functions());
  return {};
}

// -- functions ------------------------------------------------------------------------------------

caf::strong_actor_ptr core::find(std::string_view name) {
  const epoch_domain::pin pinned{pool->epochs};
  if (pool->owner() == nullptr) return nullptr;  // Stopped: the names are gone.
  const std::uint32_t slot = directory.find(name, pool->names());
  // The directory's hold on it cannot be given back while this thread is pinned.
  return slot == directory::none ? nullptr
                                 : caf::strong_actor_ptr{pool->function(slot)->ctrl(), true};
}

caf::strong_actor_ptr core::find_or_make(std::string_view name) {
  const auto attempt = [this, name]() -> caf::strong_actor_ptr {
    const epoch_domain::pin pinned{pool->epochs};
    if (pool->owner() == nullptr) return nullptr;
    const std::uint32_t slot = directory.find_or_add(name, pool->names(), [this, name] {
      return make_function(name, next_uid_.fetch_add(1, std::memory_order_relaxed));
    });
    return slot == directory::none ? nullptr
                                   : caf::strong_actor_ptr{pool->function(slot)->ctrl(), true};
  };
  if (caf::strong_actor_ptr who = attempt()) return who;
  // Removed functions may still take up room.
  pool->epochs.collect();
  return attempt();
}

std::uint32_t core::make_function(std::string_view name, std::uint64_t uid) {
  const std::uint32_t slot = pool->take();
  if (slot == function_pool::no_slot) return directory::none;
  caf::actor_config how_to;
  // Its first reference is the directory's.
  new (&pool->head(slot)) caf::actor_storage<function_actor>(
      system_->next_actor_id(), system_->node(), system_, how_to, uid, name);
  return slot;
}

void core::forget_name(const function_actor& who) { directory.remove(who.name(), who.slot()); }

void core::let_go(caf::strong_actor_ptr who) {
  pool->epochs.retire([who = std::move(who)] { intrusive_ptr_release(who.get()); });
}

void core::complete_drained(std::uint32_t slot, std::uint32_t generation) noexcept {
  if (const auto drained = pool->draining.complete(slot, generation);
      drained && drained->number != 0) {
    provisioner->release(*drained);
  }
}

// -- limits ---------------------------------------------------------------------------------------

error core::room_for_transition() const noexcept {
  if (stopping()) return {errc::stopped, "the runtime has stopped"};
  if (store_is_broken())
    return {errc::outcome_unknown, "the store has failed; nothing more is written"};
  if (transitions.free() == 0 && !mutated(mutant::journal_unbounded)) {
    return {errc::too_many_requests,
            fmt::format("{} transitions are waiting for the store", how.journal_max)};
  }
  return {};
}

error core::room_for_provisioning() const noexcept {
  if (error full = room_for_transition(); full.code != errc::none) return full;
  if (attempts.free() != 0) return {};
  const std::size_t most = how.provisioner.queued_max + how.provisioner.in_flight_max;
  return {errc::too_many_requests,
          fmt::format("{} attempts at making resources are waiting", most)};
}

error core::room_for_tenant(tenant_index tenant, event what) const noexcept {
  if (only_asks(what)) return {};
  const auto refuse = [this, tenant](std::string_view of_what) {
    return error{errc::too_many_requests,
                 fmt::format("tenant {} has its share of the {}; others need the rest",
                             quoted(tenants[tenant]), of_what)};
  };
  if (!transitions.is_within_share(tenant)) return refuse("transitions on their way to the store");
  const bool may_start_attempt = what == event::create || what == event::update ||
                                 what == event::invoke || what == event::invoke_async;
  if (may_start_attempt && !attempts.is_within_share(tenant))
    return refuse("attempts at making resources");
  return {};
}

bool core::attempts_have_to_wait() const noexcept {
  // Of one tenant some may have to wait while there are places left for others.
  return sharing.is_in_force() ? attempts.taken() != 0
                               : attempts.taken() > how.provisioner.in_flight_max;
}

// -- observers ------------------------------------------------------------------------------------

void core::tell_observers(const std::function<void(observer&)>& what) {
  const std::lock_guard one_at_a_time{observing_};
  std::shared_ptr<const observer_list> list;
  {
    const std::lock_guard lock{observers_mutex_};
    list = observers_;
  }
  for (const auto& [id, who] : *list) {
    if (!guarded([&, &one = *who] { what(one); }) && how.log != nullptr)
      how.log->error("an observer threw an exception");
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
  store_problem_ = why.message;
  store_broken_.store(true, std::memory_order_release);
  if (how.log != nullptr)
    how.log->error("the store failed; nothing more is written reason={}", quoted(why.message));
}

}  // namespace fsm::detail
