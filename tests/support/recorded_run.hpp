#pragma once

#include <fsm/store.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fsm::testing {

/// What a runtime gave its store at once.
struct recorded_batch {
  std::vector<change> changes;
  std::vector<note> notes;
  timestamp at{};
};

/// What a store says about everything it has, as text that can be compared; epochs apart.
struct store_state {
  std::uint64_t last_sequence = 0;
  std::string functions;  ///< With their documents, texts and histories; names; owed releases.
  std::vector<std::string> events;
  std::uint64_t oldest_event = 1;

  /// Asks `from`, which was just opened (as `opened`) and not recovered yet.
  static store_state of(store& from, const store::opened& opened);
  /// Whether it is the same, and has the same events as far back as it has any.
  [[nodiscard]] bool agrees_with(const store_state& model) const;
  /// The first line that differs, for messages.
  [[nodiscard]] std::string difference(const store_state& model) const;
};

/// What a runtime wrote in a life full of creates, updates, failures, idling, removals and releases
/// that are owed; and what a store must say after each batch.
struct recorded_run {
  std::size_t history_max = 5;
  std::vector<recorded_batch> batches;
  /// `states[n]`: after the first n batches, as the store in memory has it.
  std::vector<store_state> states;

  /// The same seed gives the same life. `steps` calls give about three batches each.
  static recorded_run make(std::uint64_t seed, std::size_t steps);
};

/// Commits a batch, and waits for the answer.
[[nodiscard]] expected<void> commit(store& to, const recorded_batch& what, std::uint64_t epoch);

}  // namespace fsm::testing
