#pragma once

#include "compact_actor.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace fsm::detail {

/// Decides which thread runs an actor that has got work.
///
/// * A function is run by whoever sends it a message and finds it idle; the other parts (journal,
/// delivery,
///   provisioner, reclaimer) by CAF's scheduler.
/// * Nested: a thread that is running an actor never starts another one; it queues it, and the
/// outermost run goes on with
///   it. So a chain of a million messages needs no stack.
/// * Who waits, works: a thread that blocks in a synchronous call runs the parts itself instead of
/// waking a worker, and
///   takes over what waits for a worker when its answer does not come. So a call made on the only
///   worker does not hang.
/// * Bounded: after `messages_per_run` messages of one actor, or `runs_per_turn` runs, the rest
/// goes to the scheduler,
///   so that no caller is kept by other people's messages.
/// * `run_mode::scheduled` gives everything to the scheduler.
inline constexpr std::size_t messages_per_run = 64;
inline constexpr std::size_t runs_per_turn = 256;

/// Sees to it that `who`, which has just got its first message, is run. Takes over one reference to
/// it.
void dispatch(compact_actor& who, caf::execution_unit* where) noexcept;

/// Goes on with an actor on CAF's scheduler: the body of `compact_actor::resume`.
void run_scheduled(compact_actor& who, mail* backlog, caf::execution_unit* where) noexcept;

/// Actors that wait for one of CAF's workers. CAF's queue holds references to this object as
/// tickets, a bounded number of them; whoever comes first, a worker with its ticket or a thread
/// that waits, takes the next few actors. A ticket comes back as long as something waits.
class errands final : public caf::resumable {
public:
  /// `workers` is how many may work it off at the same time.
  explicit errands(std::size_t workers) : tickets_max_{workers} {}
  struct errand {
    compact_actor* who = nullptr;  // One reference to it.
    mail* backlog = nullptr;
  };
  /// Nobody came for these: functions say that they are gone.
  ~errands() override;
  /// True if CAF's queue must get a ticket for it.
  [[nodiscard]] bool add(errand what);
  /// The one that waits longest; `who` is null if there is none.
  [[nodiscard]] errand take() noexcept;

  resume_result resume(caf::execution_unit* where, std::size_t) override;
  void intrusive_ptr_add_ref_impl() override {
    references_.fetch_add(1, std::memory_order_relaxed);
  }
  void intrusive_ptr_release_impl() override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

private:
  static constexpr std::size_t taken_max = 64;
  /// Bunches after which CAF's other actors have their turn. Going on is worth much: what is being
  /// worked on is in this core's caches.
  static constexpr std::size_t bunches_max = 64;
  using some = std::array<errand, taken_max>;

  /// Takes a fair part of what waits; gives how many that are.
  [[nodiscard]] std::size_t take_some(some& taken) noexcept;
  /// True if a ticket is to come back; else it is used up.
  [[nodiscard]] bool more_waits() noexcept;

  std::atomic<std::uint64_t> references_{1};
  std::size_t tickets_max_;
  std::mutex mutex_;
  std::size_t tickets_ = 0;  // In CAF's queue, or being worked off.
  std::deque<errand> waiting_;
};
inline void intrusive_ptr_add_ref(errands* what) noexcept { what->intrusive_ptr_add_ref_impl(); }
inline void intrusive_ptr_release(errands* what) noexcept { what->intrusive_ptr_release_impl(); }

/// Runs `who`, which the calling thread has just made busy, and what follows from it; for a thread
/// that is about to wait. Returns when nothing is left that this thread could do, or its turn is
/// over.
class helping_scope {
public:
  helping_scope() noexcept;
  helping_scope(const helping_scope&) = delete;
  helping_scope& operator=(const helping_scope&) = delete;
  /// What is still queued goes to the scheduler.
  ~helping_scope();
  /// Runs queued actors until the queue is empty or `runs_per_turn` is reached.
  void work() noexcept;
  /// Takes over what waits for a worker and runs it too; false if there was nothing.
  bool work_off(errands& from) noexcept;

private:
  bool was_helping_;
};

/// True while the calling thread runs an actor or a callback of the runtime's: a synchronous call
/// would wait for itself.
[[nodiscard]] bool inside_the_runtime() noexcept;

}  // namespace fsm::detail
