#include "raw_rocksdb.hpp"

#include "interrupt.hpp"
#include "raw_database.hpp"

#include <rocksdb/write_batch.h>

namespace bench {

struct raw_rocksdb::impl {
  fsm::rocks::database database;
  bool synced;

  /// False when it failed.
  bool write(const written_batch& what, measurement& out) const {
    rocksdb::WriteBatch batch{what.bytes};
    rocksdb::WriteOptions how;
    how.sync = synced && what.transitions > 0;
    const auto started = clock::now();
    const auto written = database.db->Write(how, &batch);
    if (what.transitions > 0) out.latency.add(clock::now() - started);
    if (!written.ok()) {
      out.fail("RocksDB cannot write: " + written.ToString());
      return false;
    }
    out.ops += what.transitions;
    return true;
  }
};

raw_rocksdb::raw_rocksdb(const std::filesystem::path& fresh, bool synced)
    : impl_{new impl{open_raw(fresh), synced}} {}

raw_rocksdb::~raw_rocksdb() = default;

measurement raw_rocksdb::write(const written_batches& what) {
  measurement out;
  const auto begin = clock::now();
  for (const auto& batch : what.batches) {
    if (interrupted() || !impl_->write(batch, out)) break;
  }
  out.seconds = seconds_between(begin, clock::now());
  return out;
}

measurement raw_rocksdb::write_paced(const written_batches& what, double per_second,
                                     double seconds) {
  measurement out;
  const auto begin = clock::now();
  const auto end = later(begin, seconds);
  std::uint64_t turn = 0;
  for (std::size_t next = 0; what.transitions > 0 && !interrupted(); ++next) {
    const auto& batch = what.batches[next % what.batches.size()];
    if (batch.transitions > 0) {
      const auto due = intended_start(begin, turn++, 0, 1, per_second);
      if (due >= end) break;
      sleep_until(due);
    }
    if (!impl_->write(batch, out)) break;
  }
  out.seconds = seconds_between(begin, clock::now());
  return out;
}

}  // namespace bench
