#pragma once

#include "closed_store.hpp"
#include "measure.hpp"

#include <filesystem>
#include <memory>

namespace bench {

/// The limit beside libfsm's store: what it wrote, written once more by one thread with RocksDB
/// alone. The same column families, options and batches; no encoding, no runtime. One thread.
class raw_rocksdb {
public:
  /// A new database in `fresh`. `synced`: a batch with transitions is on disk when its write ends.
  /// Throws `std::runtime_error`.
  raw_rocksdb(const std::filesystem::path& fresh, bool synced);
  raw_rocksdb(const raw_rocksdb&) = delete;
  raw_rocksdb& operator=(const raw_rocksdb&) = delete;
  ~raw_rocksdb();

  /// Writes all batches, one after the other. An operation is a transition; a latency is that of
  /// one write with transitions.
  [[nodiscard]] measurement write(const written_batches& what);
  /// Writes so many with transitions per second, for `seconds`; after the last comes the first.
  [[nodiscard]] measurement write_paced(const written_batches& what, double per_second,
                                        double seconds);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bench
