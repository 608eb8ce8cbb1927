#pragma once

#include "support/faulty_file_system.hpp"
#include "support/recorded_run.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fsm::testing {

/// A store on a file system that can fail, in the directory `db` below the file system's root.
struct store_on_faults {
  std::shared_ptr<faulty_file_system> files;
  std::shared_ptr<rocksdb::Env> env;
  std::shared_ptr<fsm::store> store;

  store_on_faults() = default;
  explicit store_on_faults(const std::filesystem::path& root);
  /// A new store on the same files; the last one must be gone. `restarted` = the operating system
  /// was started again meanwhile.
  void make(const recorded_run& run, durability mode = durability::synced, bool restarted = false);
  void close() { store.reset(); }
};

/// Fails the test unless the store in `root` opens (with `exactly` under the same operating system,
/// else after the power failed), and is what a run leaves after a number of
/// batches that is at least `acknowledged` (batches without changes need not count unless
/// `exactly`) and at most one more than `acknowledged`; or, if `may_lose`, any number up to that.
/// With `go_on` the next batch is committed and has to be there after one more start.
void check_prefix(const recorded_run& run, const std::filesystem::path& root,
                  std::size_t acknowledged, bool exactly, bool may_lose, bool go_on);

/// What ends a run at every point of interest, and what the disk has then.
struct crash_plan {
  durability mode = durability::synced;
  unsynced what = unsynced::lost;
  std::uint64_t seed = 1;
};

/// Plays a run on a store and looks at every point where it could have ended: with `unsynced::kept`
/// (the process ends) before each call that changes a file, else (the power goes) before each that
/// syncs, renames or removes one (with `unsynced::zeroed`: that syncs a log), and at the end.
/// Between two of them nothing changes on the disk, and the later in between the more was
/// acknowledged. Each time, a store is started on a copy of
/// what the disk had.
class crash_points {
public:
  crash_points(const recorded_run& run, crash_plan plan);
  ~crash_points();
  /// Returns how many points there were.
  std::size_t play();

private:
  struct point {
    std::filesystem::path copy;
    std::size_t acknowledged = 0;
    std::string when;
  };

  void add_point(const std::string& when);
  void check_points();
  void start();

  const recorded_run& run_;
  crash_plan plan_;
  temporary_directory scratch_;
  store_on_faults on_;
  std::uint64_t epoch_ = 0;
  std::atomic<std::size_t> acknowledged_{0};
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::vector<point> points_;
};

}  // namespace fsm::testing
