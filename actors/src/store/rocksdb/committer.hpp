#pragma once

#include "acknowledged_mark.hpp"
#include "database.hpp"
#include "event_log.hpp"
#include "meta.hpp"

#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace fsm::rocks {

/// Writes batches, each as one write of RocksDB's, on a thread of its own: a sync must keep no
/// worker of the runtime's waiting.
class committer {
public:
  committer(database& in, durability mode, history_ring ring, const meta& found,
            acknowledged_mark mark);
  ~committer();
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  /// As `store::commit`.
  void commit(const commit_batch& batch, store::committed done);

  /// Fences all earlier owners off and returns the new epoch.
  [[nodiscard]] expected<std::uint64_t> raise_epoch();

  /// How far the store has come.
  [[nodiscard]] progress at() const;

private:
  struct work {
    commit_batch batch;
    store::committed done;
  };
  void run();
  [[nodiscard]] expected<void> write(const commit_batch& batch);
  [[nodiscard]] progress after(const commit_batch& batch) const;
  /// The directory is still there, and still the one that was opened. A store whose files were
  /// deleted under it could go on writing into nothing.
  [[nodiscard]] expected<void> check_directory() const;
  using file_identity = std::pair<std::uint64_t, std::uint64_t>;
  [[nodiscard]] file_identity identity() const;
  /// Notes that nothing is written any more, and why.
  [[nodiscard]] error fail(const error& why);

  database& db_;
  const bool synced_;
  const history_ring ring_;
  acknowledged_mark mark_;
  file_identity identity_;
  rocksdb::WriteBatch write_;
  event_writer events_;

  /// Held while something is written. Guards what follows.
  mutable std::mutex writing_;
  std::uint64_t epoch_;
  progress at_;
  /// Why nothing is written any more.
  std::optional<error> broken_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<work> waiting_;
  bool ending_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace fsm::rocks
