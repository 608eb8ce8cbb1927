#pragma once

#include "compact_actor.hpp"
#include "journal.hpp"
#include "reclaimer.hpp"
#include "waiters.hpp"

#include <memory>
#include <vector>

namespace fsm::detail {

// Messages delivery understands
// -----------------------------
// journal_entry          a durable transition, or an answer that had to wait (journal.hpp)
// batch_committed        a batch is in the store (journal.hpp)
// waiter_cancelled, waiters_tick, waiters_stop (waiters.hpp)

/// What happens once a transition is durable, in the journal's order and one at a time: the index
/// learns of it, observers and waiters are told, the caller gets its answer, and provisioner and
/// reclaimer get their orders. The only part that runs callbacks of the embedder's.
class delivery final : public compact_actor {
public:
  delivery(caf::actor_config& how, core& o);

  [[nodiscard]] core* owner() const noexcept override { return &core_; }
  void close() { waiters_.close(); }

private:
  void handle(internal_message* what) noexcept override;
  void after_batch() noexcept override;
  void deliver(journal_entry& entry);
  void order(journal_entry& entry);
  void note_usage(journal_entry& entry);

  core& core_;
  waiter_table waiters_;
  std::unique_ptr<usage_changed> usage_;
};

}  // namespace fsm::detail
