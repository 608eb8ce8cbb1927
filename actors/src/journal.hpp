#pragma once

#include "call.hpp"
#include "compact_actor.hpp"
#include "function_actor.hpp"
#include "tenant_shares.hpp"
#include <fsm/observer.hpp>
#include <fsm/store.hpp>

#include <caf/error.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace fsm::detail {

/// For delivery: a batch is in the store, and its entries follow.
struct batch_committed final : internal_message {
  commit_result what;
};

// Messages the journal understands
// --------------------------------

/// A transition on its way to the store and then to those it concerns; or, without a change, an
/// answer that has to come after all that was posted before it.
struct journal_entry final : internal_message {
  /// The function; keeps it in place until delivery is through with it.
  caf::strong_actor_ptr who;
  function_actor* function = nullptr;
  std::uint32_t slot = 0;
  tenant_index tenant = 0;
  bool is_change = false;
  fsm::change change;
  /// What the table said has to be done.
  outcome result;
  /// Resources to release now (those that invocations still run on are released later).
  attempt_token release;
  attempt_token abandon;
  /// When invocations of a replaced or removed version go on: until then, at the latest, and under
  /// which generation.
  timestamp draining_until{};
  std::uint32_t generation = 0;
  /// For removals: what monitors are told.
  caf::error exit_reason;
  /// Who waits for the answer; may be null.
  call* reply = nullptr;

  /// True if only the store can say what became of it: a change, or an answer that rests on one.
  [[nodiscard]] bool is_told_by_the_store() const noexcept {
    return is_change || (function != nullptr && !function->is_settled());
  }
};

/// What else the store has to keep, with the next batches.
struct keep_notes final : internal_message {
  std::vector<note> notes;
};

/// INTERNAL: the store has answered.
struct store_answered final : internal_message {
  expected<void> result;
};

/// The runtime stops and waits no longer: what is being written counts as failed.
struct store_given_up final : internal_message {};

/// Takes the transitions of all functions in order and gives them to the store in batches (group
/// commit). While one batch is being written the next one gathers. What is durable goes on to
/// delivery, in the same order: until then nothing that depends on it leaves. Runs no function and
/// no code of the embedder's.
class journal final : public compact_actor {
public:
  journal(caf::actor_config& how, core& o, std::uint64_t epoch, std::uint64_t last_sequence)
      : compact_actor{how}, core_{o}, epoch_{epoch}, sequence_{last_sequence} {}

  [[nodiscard]] core* owner() const noexcept override { return &core_; }
  /// Keeps notes, if the store keeps anything. Any thread.
  void keep(std::vector<note> what) noexcept;
  void keep(const note& what) noexcept { keep(std::vector<note>{what}); }

private:
  void handle(internal_message* what) noexcept override;
  void after_batch() noexcept override;
  void commit_gathered() noexcept;
  void on_answer(const expected<void>& result) noexcept;
  void give_up() noexcept;
  void tell_commit() noexcept;

  /// Changes per commit: bounds the memory of a batch and the time until the first of it is
  /// answered.
  static constexpr std::size_t batch_max = 8192;  // And as many notes.

  core& core_;
  std::uint64_t epoch_;
  std::uint64_t sequence_;
  std::vector<journal_entry*> gathered_;
  std::vector<journal_entry*> writing_;
  std::vector<fsm::change*> changes_;
  std::deque<note> gathered_notes_;
  std::vector<note> notes_;
  /// What a store that was given up may still be reading. It keeps the journal, and so these, until
  /// it answers.
  std::vector<std::unique_ptr<journal_entry>> abandoned_;
  std::vector<fsm::change*> abandoned_changes_;
  std::vector<note> abandoned_notes_;
  bool commit_under_way_ = false;
  /// When it began, if somebody watches.
  std::optional<std::chrono::nanoseconds> commit_began_;
  /// Set for good by a failed commit: nobody knows what the store holds, so nothing more is
  /// written.
  bool broken_ = false;
};

}  // namespace fsm::detail
