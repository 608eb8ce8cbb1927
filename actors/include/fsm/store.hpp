#pragma once

#include <fsm/expected.hpp>
#include <fsm/step.hpp>
#include <fsm/stored.hpp>
#include <fsm/view.hpp>

#include <array>
#include <cstddef>
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
  /// The journal gives it its `sequence` and `previous` before the commit; `prepare` does not see
  /// them yet. Its name is only there if the store keeps documents or somebody watches.
  fsm::transition transition;
  lifecycle_record before;
  /// The record after the transition. Its pair is `pairs::absent` when the function was removed:
  /// forget everything but the event.
  lifecycle_record record;
  std::string tenant;
  /// The function's own idle time; none = the runtime's.
  std::optional<duration> idle_after;
  /// When it was last used, as far as it is known now.
  timestamp last_used{};
  /// A new document, to be kept under (uid, `document_version`).
  std::optional<std::string> document;
  std::uint32_t document_version = 0;
  /// New metadata, in place of what there is. It goes with the function.
  std::optional<std::string> metadata;
  /// Versions whose documents are no longer needed: 0 = none.
  std::array<std::uint32_t, 2> drop_versions{};
  /// Attempts whose resources have to be released from now on. Kept, also beyond the function's
  /// end, until a note says that the release was confirmed: 0 = none.
  std::array<std::uint32_t, 2> owed_releases{};
  /// The place of this transition in the function's history, see `history_ring`.
  std::uint8_t history_place = 0;
  /// The owner's epoch. A store refuses a batch with an older epoch than the latest it was opened
  /// with.
  std::uint64_t epoch = 0;
  /// For the store's own use: what `prepare` made of this change.
  std::string prepared;
};

enum class note_kind : std::uint8_t {
  release_owed,       ///< The resources of attempt `number` have to be released.
  release_confirmed,  ///< They are gone.
  used,               ///< The function was last used at `at`.
  owner_alive,        ///< Nothing but the time of the batch.
};

/// Something worth keeping that is no transition. Losing one costs work, never correctness: a
/// release is asked for once more, an idle clock is a little behind.
struct note {
  note_kind kind = note_kind::used;
  std::uint64_t uid = 0;
  std::uint32_t number = 0;
  timestamp at{};
};

/// What goes to the store at once. The changes come first, in order, then the notes.
struct commit_batch {
  std::span<change* const> changes;
  std::span<const note> notes;
  /// The owner's epoch, as in each change.
  std::uint64_t epoch = 0;
  /// When it was put together: how a store knows until when its owner was alive.
  timestamp at{};
};

/// A function keeps its last transitions in a ring of `size` places. The counter says which are
/// taken: 0 to size - 1 while it fills for the first time, then size to 2 * size - 1 and round
/// again.
struct history_ring {
  static constexpr std::uint8_t size_max = 120;

  std::uint8_t size = 16;

  /// The counter after one more transition; its place is `counter % size`.
  [[nodiscard]] constexpr std::uint8_t next(std::uint8_t counter) const noexcept {
    return counter + 1 < 2 * size ? static_cast<std::uint8_t>(counter + 1) : size;
  }
};

/// The reason texts of a function, where they differ from the default text of the code.
struct reason_texts {
  std::string state;
  std::string update;
};

/// Some events in their order, and how far back the store can go.
struct event_page {
  std::vector<transition> events;
  /// The first event that is still kept. If it is later than the one after that which was asked
  /// for, what lies between is past the retention.
  std::uint64_t oldest = 1;
};

/// What a function was given as metadata.
struct stored_metadata {
  std::uint64_t uid = 0;
  std::string metadata;

  friend bool operator==(const stored_metadata&, const stored_metadata&) = default;
};

/// Takes what a store gives back of an earlier life.
class recovery {
public:
  virtual ~recovery() = default;
  /// A function as it stood, in order of uid. `function` may be moved from.
  virtual void on_function(stored_function& function) = 0;
  /// Resources whose release was not confirmed, in order of uid and number.
  virtual void on_owed_release(std::uint64_t uid, std::uint32_t number) = 0;
};

/// Where functions are kept. Asynchronous and batched; no caller assumes that it is local or quick.
/// One conformance suite (tests/actors/store_conformance.hpp) holds for every implementation.
class store {
public:
  using committed = std::function<void(expected<void>)>;

  virtual ~store() = default;

  /// What opening gives: the new epoch (higher than any before), the last sequence number in use,
  /// and the highest uid ever given.
  struct opened {
    std::uint64_t epoch = 1;
    std::uint64_t last_sequence = 0;
    std::uint64_t last_uid = 0;
    /// About how many functions there are.
    std::uint64_t functions = 0;
    /// Until when the last owner is known to have been alive; 0 = there was none.
    timestamp alive_at{};
  };
  /// Called once per owner, before anything else. May block.
  [[nodiscard]] virtual expected<opened> open() = 0;

  /// Gives back everything there is: all owed releases first, then all functions. Called at most
  /// once, after `open` and before the first commit. May block.
  [[nodiscard]] virtual expected<void> recover(recovery& into) = 0;

  /// Called on the thread that made the change, before it is queued: the place to encode. Any
  /// thread.
  virtual void prepare(change& /*what*/) {}

  /// Keeps a batch, all or none, and then calls `done` once, from any thread, also from inside this
  /// call. There is never more than one commit under way. The batch stays valid until `done` has
  /// been called. A batch without changes need not survive a loss of power.
  virtual void commit(const commit_batch& batch, committed done) = 0;

  /// The document of one version of a function. `errc::not_found` when there is none (any more).
  /// Any thread.
  virtual void read_document(std::uint64_t uid, std::uint32_t version,
                             std::function<void(expected<std::string>)> done) = 0;

  /// The metadata of a function; "" when there is none. Any thread.
  virtual void read_metadata(std::uint64_t uid,
                             std::function<void(expected<std::string>)> done) = 0;

  /// All metadata there is of functions with a uid above `after`, in order of uid, at most `limit`.
  /// Any thread.
  virtual void read_all_metadata(
      std::uint64_t after, std::size_t limit,
      std::function<void(expected<std::vector<stored_metadata>>)> done) = 0;

  /// The reason texts of a function; empty ones when there are none. Any thread.
  virtual void read_reasons(std::uint64_t uid,
                            std::function<void(expected<reason_texts>)> done) = 0;

  /// The last transitions of a function, oldest first, at most `history().size`; their names may be
  /// empty. Any thread.
  virtual void read_history(std::uint64_t uid,
                            std::function<void(expected<std::vector<transition>>)> done) = 0;

  /// At most `limit` names that start with `prefix` and come after `after`, in byte order. Any
  /// thread.
  virtual void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                          std::function<void(expected<std::vector<std::string>>)> done) = 0;

  /// At most `limit` transitions of all functions with a sequence above `after`, in order. How far
  /// back a store can go is its own choice; what it still has is without gaps. Any thread.
  virtual void read_events(std::uint64_t after, std::size_t limit,
                           std::function<void(expected<event_page>)> done) = 0;

  /// Makes a copy that can be opened as a store of its own, while everything goes on, and gives its
  /// name. `errc::invalid_argument` if this store cannot. Any thread.
  virtual void checkpoint(std::function<void(expected<std::string>)> done);

  /// How many transitions it keeps per function.
  [[nodiscard]] virtual history_ring history() const noexcept { return {}; }

  /// False when documents, names and history are not kept at all.
  [[nodiscard]] virtual bool keeps_documents() const noexcept { return true; }

  /// True when documents and texts are read inside the call, without waiting for a device.
  [[nodiscard]] virtual bool reads_at_once() const noexcept { return false; }
};

/// Keeps everything in memory, nothing on disk: `history_max` transitions per function (1 to
/// `history_ring::size_max`; out of range counts as the nearest) and the last `events_max` of all.
[[nodiscard]] std::shared_ptr<store> make_memory_store(std::size_t history_max = 16,
                                                       std::size_t events_max = 65'536);

/// Keeps nothing: no document, name order, history or event. For benchmarks and for embedders who
/// need the states only.
[[nodiscard]] std::shared_ptr<store> make_null_store();

}  // namespace fsm
