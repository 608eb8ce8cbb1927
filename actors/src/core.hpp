#pragma once

#include "call.hpp"
#include "directory.hpp"
#include "function_pool.hpp"
#include "interned.hpp"
#include "state_index.hpp"
#include "tally.hpp"
#include "tenant_shares.hpp"
#include <fsm/options.hpp>
#include <fsm/runtime.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/intrusive_ptr.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace caf::scheduler {
class test_coordinator;
}

namespace fsm::detail {

class compact_actor;
class auditor;
class errands;
class function_actor;
class journal;
class delivery;
class provisioner;
class reclaimer;
struct wait_ticket;

/// CAF's test coordinator, if that is what schedules `system`; else null.
[[nodiscard]] caf::scheduler::test_coordinator* test_coordinator_of(caf::actor_system& system);

/// Holds one of the runtime's own actors.
template <class Actor>
class part {
public:
  part() = default;
  template <class... Args>
  void spawn(caf::actor_system& system, Args&&... args) {
    caf::actor_config how;
    handle_ = caf::make_actor<Actor, caf::strong_actor_ptr>(
        system.next_actor_id(), system.node(), &system, how, std::forward<Args>(args)...);
  }
  void reset() noexcept { handle_ = nullptr; }
  [[nodiscard]] Actor* operator->() const noexcept { return static_cast<Actor*>(handle_->get()); }
  explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
  caf::strong_actor_ptr handle_;
};

/// Everything of one runtime, wired together once. The facade and the actors see it; it outlives
/// both, as an answer of a provider may come at any time (it holds a weak pointer).
struct core : std::enable_shared_from_this<core> {
  /// `borrowed`: the embedder's actor system, or null to own one. Options must be valid.
  core(options how, caf::actor_system* borrowed);
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  ~core();

  /// Opens the store, brings back what it holds and starts the parts.
  [[nodiscard]] expected<void> start();
  void stop(duration patience) noexcept;

  [[nodiscard]] caf::actor_system& system() const noexcept { return *system_; }

  // -- creating functions -------------------------------------------------------------------------
  /// The function of that name, or a new one without any state yet. Null when there is no room.
  [[nodiscard]] caf::strong_actor_ptr find_or_make(std::string_view name);
  /// A new function in a slot of its own, or `directory::none` when there is no room. Only inside
  /// of `directory::find_or_add`.
  [[nodiscard]] std::uint32_t make_function(std::string_view name, std::uint64_t uid);
  /// The function of that name; null if there is none.
  [[nodiscard]] caf::strong_actor_ptr find(std::string_view name);
  /// Frees the name of a removed function.
  void forget_name(const function_actor& who);
  /// Gives back the directory's hold on a removed function, once no reader can be looking at it.
  void let_go(caf::strong_actor_ptr who);

  // -- limits: asked before a caller's transition starts, never inside one ------------------------
  /// `errc::none`, or why no caller's transition may start now.
  [[nodiscard]] error room_for_transition() const noexcept;
  /// The same for one that may start an attempt at making resources.
  [[nodiscard]] error room_for_provisioning() const noexcept;
  /// Why this may not happen to a function of the tenant now because the tenant has its share of
  /// what that takes; `errc::none` if it may.
  [[nodiscard]] error room_for_tenant(tenant_index tenant, event what) const noexcept;
  /// True if some attempts may have to wait until others have ended.
  [[nodiscard]] bool attempts_have_to_wait() const noexcept;

  /// One invocation that was admitted under a `generation` that is no longer the word's is over.
  void complete_drained(std::uint32_t slot, std::uint32_t generation) noexcept;

  // -- quiet --------------------------------------------------------------------------------------
  /// An actor has got something to do, or has done it all. Parts are always counted, functions only
  /// with a manual clock.
  void busy(bool is_function) noexcept {
    if (!is_function) parts_busy_.fetch_add(1, std::memory_order_acq_rel);
    if (counts_activity) activity_.fetch_add(1, std::memory_order_acq_rel);
  }
  void quiet(bool is_function) noexcept {
    if (counts_activity) one_less(activity_);
    if (!is_function) one_less(parts_busy_);
  }
  /// Waits until nothing is on its way. Only with a manual clock.
  void settle() noexcept;
  /// Sends `c` to `whom` and waits for its answer, doing the runtime's own work meanwhile.
  template <class Base>
  void ask(compact_actor& whom, parked<Base>& c) {
    ask(whom, c, c.here);
  }
  void ask(compact_actor& whom, internal_message& c, parking& here);
  /// The same for a name without a function: the answer comes behind everything posted so far.
  void ask_journal(call& c, parking& here);
  void tell_journal(call& c);
  void cancel_waiter(std::shared_ptr<wait_ticket> ticket);

  [[nodiscard]] static runtime facade(std::shared_ptr<core> o) { return runtime{std::move(o)}; }
  [[nodiscard]] bool has_observers() const noexcept {
    return has_observers_.load(std::memory_order_acquire);
  }
  /// Tells all observers, one at a time.
  template <class What>
  void observe(What what) {
    if (has_observers()) tell_observers(what);
  }
  [[nodiscard]] std::uint64_t add_observer(std::shared_ptr<observer> who);
  void remove_observer(std::uint64_t id);

  /// Counts a call that ends in an error for its caller; gives the error back.
  [[nodiscard]] tl::unexpected<error> refuse(error why) noexcept {
    counts.refused(why.code);
    return unexpected(std::move(why));
  }

  void store_failed(const error& why) noexcept;
  /// Why it failed; only after `store_is_broken`.
  [[nodiscard]] const std::string& store_problem() const noexcept { return store_problem_; }
  [[nodiscard]] bool store_is_broken() const noexcept {
    return store_broken_.load(std::memory_order_acquire);
  }
  [[nodiscard]] duration idle_after(std::uint8_t policy) const noexcept {
    return idle_policies[policy];
  }
  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }

  options how;
  std::shared_ptr<fsm::store> store;
  history_ring history;
  std::uint64_t epoch = 0;
  sharing_rule sharing;
  shared_places transitions;  // On their way to the store.
  shared_places attempts;     // Those that wait for a place, and those that have one.
  shared_places waiters;      // Only delivery's.
  std::atomic<std::size_t> callback_calls{0};  // Calls whose callback has not been called yet,
  std::atomic<std::size_t> callback_waits{0};  // and waits.
  std::shared_ptr<resource_provider> provider;
  std::shared_ptr<fsm::clock> clock;
  bool scheduled;
  bool counts_activity;
  bool simulated = false;  // CAF's test coordinator: whoever waits runs the jobs.

  function_pool* pool;
  fsm::detail::directory directory;
  state_index index;
  tally counts;
  interned<std::string> tenants{tenants_max};
  interned<duration> idle_policies{256};

  caf::intrusive_ptr<errands> waiting;  // For a worker.
  part<fsm::detail::journal> journal;
  part<fsm::detail::delivery> delivery;
  part<fsm::detail::provisioner> provisioner;
  part<fsm::detail::reclaimer> reclaimer;
  part<fsm::detail::auditor> auditor;

private:
  void tell_observers(const std::function<void(observer&)>& what);
  void shut_functions_down() noexcept;
  void run_simulation(const parking& until);
  void wait_for_journal(duration patience) noexcept;
  void wait_for_parts() noexcept;
  template <class WaitFor>
  bool wait_and_help(WaitFor wait_for, duration patience) noexcept;

  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> owned_system_;
  caf::actor_system* system_ = nullptr;
  std::atomic<std::uint64_t> next_uid_{1};
  void one_less(std::atomic<std::int64_t>& counter) noexcept;
  /// Waits until `counter` is zero, at most for `patience`.
  void wait_for_quiet(const std::atomic<std::int64_t>& counter, duration patience) noexcept;
  std::atomic<std::int64_t> activity_{0};  // Actors with something to do; only with a manual clock.
  std::atomic<std::int64_t> parts_busy_{0};  // The same for the parts, always.
  std::mutex quiet_mutex_;
  std::condition_variable became_quiet_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> store_broken_{false};
  std::string store_problem_;  // Written before store_broken_ is set, and never again.
  std::mutex stop_mutex_;
  fsm::clock::task_id settler_ = 0;
  using observer_list = std::vector<std::pair<std::uint64_t, std::shared_ptr<observer>>>;
  std::atomic<bool> has_observers_{false};
  std::mutex observers_mutex_;  // Guards the list.
  std::mutex observing_;        // One call at a time.
  std::shared_ptr<const observer_list> observers_ = std::make_shared<observer_list>();
  std::uint64_t last_observer_ = 0;
};

/// Runs the embedder's code: an exception ends here. True if there was none.
template <class F>
bool guarded(F&& what) noexcept {
  try {
    what();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace fsm::detail
