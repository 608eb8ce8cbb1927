#pragma once

#include <fsm/expected.hpp>

#include <mutex>
#include <string>

namespace rocksdb {
class DB;
}

namespace fsm::rocks {

/// The file MANIFEST-SIZE: which MANIFEST there is, and how long it is at least. A MANIFEST that
/// was cut at the end of a record looks like one that just ends: RocksDB would open it, forget the
/// tables that came later, and remove them. Only this file tells. It is written after the MANIFEST
/// was synced and is not synced itself: after a loss of power it may be behind, never ahead.
///
/// Any thread.
class manifest_mark {
public:
  explicit manifest_mark(std::string directory) : directory_{std::move(directory)} {}
  manifest_mark(const manifest_mark&) = delete;
  manifest_mark& operator=(const manifest_mark&) = delete;
  ~manifest_mark();

  /// To be called before the database is opened: an error if its MANIFEST is too short. All is well
  /// if there is no mark, or another MANIFEST than it knows.
  [[nodiscard]] static expected<void> check(const std::string& directory);

  /// Notes how long the MANIFEST is now. A mark that cannot be written (the disk is full) stays
  /// where it was.
  void move(rocksdb::DB& of) noexcept;

private:
  std::string directory_;
  std::mutex mutex_;
  int file_ = -1;
};

}  // namespace fsm::rocks
