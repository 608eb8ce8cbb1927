#pragma once

#include <fsm/clock.hpp>
#include <fsm/options.hpp>
#include <fsm/provider.hpp>
#include <fsm/runtime.hpp>
#include <fsm/store.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

/// \file
/// The parts of a simulated world: a clock, a store, a provider and a scheduler that do what chance
/// tells them, and chance follows a seed. Use them one by one to test your own code, or together
/// through <fsm/simulation.hpp>. All of one world belongs to one thread.

namespace fsm {

/// Numbers that look random and are the same for the same seed, on every machine.
class chance {
public:
  explicit chance(std::uint64_t seed) noexcept : state_{seed} {}

  [[nodiscard]] std::uint64_t next() noexcept;
  /// 0 to `bound - 1`; 0 if `bound` is 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;
  /// True with the given probability, 0 to 1.
  [[nodiscard]] bool happens(double probability) noexcept;
  /// 0 to `most`, short spans more often than long ones.
  [[nodiscard]] duration up_to(duration most) noexcept;
  /// A seed for something that belongs to `a` and `b`: what happens to one thing then does not
  /// depend on how much chance others have used up.
  [[nodiscard]] static std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept;

private:
  std::uint64_t state_;
};

/// What may go wrong in a simulated world.
enum class fault : std::uint8_t {
  store_slow,             ///< A commit is answered later.
  store_held,             ///< A commit is kept back until somebody lets it through.
  store_failed,           ///< A commit fails, and is not kept.
  store_failed_kept,      ///< A commit fails, but is kept all the same.
  read_slow,              ///< A document is read later.
  read_failed,            ///< A document cannot be read.
  request_lost,           ///< A call to the provider never arrives there.
  request_late,           ///< It arrives later, in order with others for the same function.
  request_overtaken,      ///< A provision arrives later, perhaps behind its own release.
  answer_lost,            ///< The provider has done it, and its answer never comes.
  answer_late,            ///< Its answer comes later.
  answer_twice,           ///< Its answer comes twice, the second time as a failure.
  answer_transient,       ///< A transient failure; nothing was done.
  answer_failed,          ///< A failure for good; nothing was made.
  made_but_failed,        ///< It was made, and the answer says that it failed.
  provider_threw,         ///< The call ends in an exception.
  listing_failed,         ///< The provider cannot list what it holds.
  crash,                  ///< The runtime is gone at once.
  commit_under_way_kept,  ///< What it was committing is in the store.
  commit_under_way_lost,  ///< What it was committing is not.
  owner_paused,           ///< The owner stands still, and another one opens its store.
  clock_jump,             ///< Time jumps: what is due on the way happens late.
  admission_lost,         ///< An invocation is never given back.
  overload,               ///< More calls than there is room for.
};
inline constexpr std::size_t fault_count = 24;

/// "store_slow" and so on, as written above. "" for unknown values.
[[nodiscard]] std::string_view to_string(fault what) noexcept;

/// How often each fault comes, and how often it came.
class fault_plan {
public:
  /// 0 to 1; all are 0 at first.
  void set(fault what, double probability) noexcept { rates_[index(what)] = probability; }
  [[nodiscard]] double rate(fault what) const noexcept { return rates_[index(what)]; }
  /// No fault any more; what came stays counted.
  void heal() noexcept { rates_.fill(0); }
  /// Whether it comes now; if so it is counted.
  [[nodiscard]] bool strikes(fault what, chance& luck) noexcept;
  /// It has come without being asked for here.
  void count(fault what) noexcept { ++counts_[index(what)]; }
  [[nodiscard]] std::uint64_t counted(fault what) const noexcept { return counts_[index(what)]; }

private:
  [[nodiscard]] static std::size_t index(fault what) noexcept {
    return static_cast<std::size_t>(what);
  }
  std::array<double, fault_count> rates_{};
  std::array<std::uint64_t, fault_count> counts_{};
};

/// A clock that is moved by hand and waits for nobody: time may pass while messages are on their
/// way, as it does where a machine is busy.
class simulated_clock final : public clock {
public:
  /// Starts at `start` (default: 2026-01-01T00:00:00Z).
  explicit simulated_clock(timestamp start = timestamp{std::chrono::sys_days{
                               std::chrono::year{2026} / std::chrono::January / 1}});

  [[nodiscard]] timestamp now() const noexcept override { return now_; }
  task_id call_at(timestamp when, task what) override;
  bool cancel(task_id which) override;
  [[nodiscard]] bool is_manual() const noexcept override { return true; }

  /// When the next task is due; the maximum = there is none.
  [[nodiscard]] timestamp next() const noexcept;
  /// Moves to `when` (not back); tasks due on the way run at their times.
  void advance_to(timestamp when);
  void advance(duration span) { advance_to(now_ + span); }
  /// Moves by `span` at once, as where a process was suspended: tasks due on the way run at the
  /// end.
  void jump(duration span);

private:
  void run_due();

  timestamp now_;
  task_id last_ = 0;
  std::map<std::pair<timestamp, task_id>, task> tasks_;
  std::map<task_id, timestamp> times_;
};

/// A store that outlives the runtimes that open it, and fails as its plan says. It keeps everything
/// in another store, by default one in memory.
class simulated_store {
public:
  simulated_store(std::shared_ptr<simulated_clock> time, std::shared_ptr<fault_plan> faults,
                  std::uint64_t seed, std::shared_ptr<store> inside = make_memory_store());
  simulated_store(const simulated_store&) = delete;
  simulated_store& operator=(const simulated_store&) = delete;
  ~simulated_store();

  /// For one runtime: give it as `options::store`.
  [[nodiscard]] std::shared_ptr<store> connect();
  /// The owner of this connection has crashed: nothing of it comes through any more. Of a commit
  /// under way, chance decides whether all of it or nothing is kept.
  void cut(store& connection);
  /// What chance says from now on; so that what happens next does not depend on what came before.
  void reseed(std::uint64_t seed) noexcept;
  /// Lets commits through that were kept back (`fault::store_held`).
  void let_through();
  /// Called when an owner has opened it.
  std::function<void(const store::opened&)> on_opened;
  /// Called for each batch that is kept, when it is kept. Documents and metadata have been moved
  /// out of it.
  std::function<void(const commit_batch&)> on_kept;
  /// The other store.
  [[nodiscard]] store& inside() const noexcept;

private:
  class connection;
  struct shared;
  std::shared_ptr<shared> shared_;
};

/// One call to a provider, as it leaves the runtime.
struct provider_call {
  attempt_token token;
  bool is_release = false;
  std::uint32_t try_number = 0;  ///< 0 for releases.
  std::uint64_t epoch = 0;       ///< The owner's.
};

/// A network between runtimes and a provider, which loses, delays and falsifies what goes through
/// as its plan says. Behind it is your provider, or one that only remembers what it made and
/// refuses owners that have been replaced.
class simulated_provider {
public:
  simulated_provider(std::shared_ptr<simulated_clock> time, std::shared_ptr<fault_plan> faults,
                     std::uint64_t seed, std::shared_ptr<resource_provider> behind = nullptr);
  simulated_provider(const simulated_provider&) = delete;
  simulated_provider& operator=(const simulated_provider&) = delete;
  ~simulated_provider();

  /// For one runtime: give it as `options::provider`.
  [[nodiscard]] std::shared_ptr<resource_provider> connect();
  /// The owner of this connection has crashed: it makes no more calls and hears no more answers.
  /// What it has asked for may still arrive.
  void cut(resource_provider& connection);
  /// Called for each call as it leaves a runtime.
  std::function<void(const provider_call&)> on_call;
  /// Called when an answer comes back, with whether it says that the call has succeeded.
  std::function<void(const provider_call&, bool succeeded)> on_answer;
  /// See `simulated_store::reseed`.
  void reseed(std::uint64_t seed) noexcept;
  /// What the provider holds, in order; an error if it cannot say.
  [[nodiscard]] expected<std::vector<attempt_token>> held() const;

private:
  class connection;
  struct shared;
  std::shared_ptr<shared> shared_;
};

/// Runs a runtime one message at a time, in any order that single actors allow.
class simulated_scheduler {
public:
  simulated_scheduler();
  simulated_scheduler(const simulated_scheduler&) = delete;
  simulated_scheduler& operator=(const simulated_scheduler&) = delete;
  /// The runtime must be gone.
  ~simulated_scheduler();

  /// Starts a runtime that does nothing by itself: `options::run` is set to `run_mode::scheduled`.
  /// Make no synchronous calls that have to wait (`create`, `get`, ... without a callback; `admit`
  /// of what `admits` says no to): with a `simulated_clock` they end the process. One per
  /// scheduler.
  [[nodiscard]] expected<runtime> start(options how);
  /// Actors that have something to do.
  [[nodiscard]] std::size_t queued() const noexcept;
  /// Lets one of them handle one message: the first (0), the second, ... counted round.
  void run(std::size_t which);
  /// Asks for an invocation by a message that nobody waits for: an Inactive function is restored.
  void invoke(runtime& where, std::string_view name);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace fsm
