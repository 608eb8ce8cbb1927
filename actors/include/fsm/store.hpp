#pragma once

#include <fsm/expected.hpp>
#include <fsm/step.hpp>
#include <fsm/view.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fsm {

/// One transition as the store has to keep it: what happened, and the record it led to.
struct change {
  fsm::transition transition;
  /// The record after the transition. Its pair is `pairs::absent` when the function was removed:
  /// forget everything but the history.
  lifecycle_record record;
  std::string tenant;
  std::uint8_t idle_policy = 0;
  /// A new document, to be kept under (uid, `document_version`).
  std::optional<std::string> document;
  std::uint32_t document_version = 0;
  /// A document that is no longer needed: 0 = none.
  std::uint32_t drop_version = 0;
  /// The owner's epoch. A store refuses a batch with an older epoch than the latest it was opened
  /// with.
  std::uint64_t epoch = 0;
  /// For the store's own use: what `prepare` made of this change.
  std::string prepared;
};

/// The reason texts of a function, where they differ from the default text of the code.
struct reason_texts {
  std::string state;
  std::string update;
};

/// Where functions are kept. Asynchronous and batched; no caller assumes that it is local or quick.
/// One conformance suite (tests/actors/store_conformance.hpp) holds for every implementation.
class store {
public:
  using committed = std::function<void(expected<void>)>;

  virtual ~store() = default;

  /// What opening gives: the new epoch (higher than any before) and the last sequence number in
  /// use.
  struct opened {
    std::uint64_t epoch = 1;
    std::uint64_t last_sequence = 0;
    std::uint64_t last_uid = 0;
  };
  /// Called once, before anything else. May block.
  [[nodiscard]] virtual expected<opened> open() = 0;

  /// Called on the thread that made the change, before it is queued: the place to encode. Any
  /// thread.
  virtual void prepare(change& /*what*/) {}

  /// Keeps the changes of a batch, all or none, and then calls `done` once, from any thread, also
  /// from inside this call. There is never more than one commit under way. The changes stay valid
  /// until `done` has been called.
  virtual void commit(std::span<change* const> batch, committed done) = 0;

  /// The document of one version of a function. `errc::not_found` when there is none (any more).
  /// Any thread.
  virtual void read_document(std::uint64_t uid, std::uint32_t version,
                             std::function<void(expected<std::string>)> done) = 0;

  /// The reason texts of a function; empty ones when there are none. Any thread.
  virtual void read_reasons(std::uint64_t uid,
                            std::function<void(expected<reason_texts>)> done) = 0;

  /// The last transitions of a function, oldest first. Any thread.
  virtual void read_history(std::uint64_t uid,
                            std::function<void(expected<std::vector<transition>>)> done) = 0;

  /// At most `limit` names that start with `prefix` and come after `after`, in byte order. Any
  /// thread.
  virtual void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                          std::function<void(expected<std::vector<std::string>>)> done) = 0;

  /// False when documents, names and history are not kept at all.
  [[nodiscard]] virtual bool keeps_documents() const noexcept { return true; }
};

/// Keeps everything in memory, nothing on disk. `history_max` transitions per function (at least
/// 1).
[[nodiscard]] std::shared_ptr<store> make_memory_store(std::size_t history_max = 16);

/// Keeps nothing: no document, name order or history, nor knows it which transition was
/// `transition::previous`. For benchmarks and for embedders who need the states only.
[[nodiscard]] std::shared_ptr<store> make_null_store();

}  // namespace fsm
