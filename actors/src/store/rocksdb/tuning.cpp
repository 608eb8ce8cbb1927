#include "tuning.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace fsm::rocks {

namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;

/// Blocks that are read at random: one cache for all.
const std::shared_ptr<rocksdb::Cache>& block_cache() {
  static const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(64 * mib);
  return cache;
}

rocksdb::BlockBasedTableOptions table_options() {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = block_cache();
  table.format_version = 5;
  // Indexes and filters of a large store count against the cache, too.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

/// Buffers are small and many: one that is full has to be sorted, which is dear when it does not
/// fit the processor's cache, and the writer must find the next one free meanwhile.
void buffers(rocksdb::ColumnFamilyOptions& options, std::size_t bytes, std::size_t all_bytes) {
  options.write_buffer_size = bytes;
  options.max_write_buffer_number = static_cast<int>(std::max<std::size_t>(all_bytes / bytes, 4));
  // So many files make a compaction worth its while; with fewer it would rewrite the next level for
  // little. Writes are held back late: a burst is over before compaction has caught up with it.
  const int files = static_cast<int>(std::max<std::size_t>(128 * mib / bytes, 4));
  options.level0_file_num_compaction_trigger = files;
  options.level0_slowdown_writes_trigger = 8 * files;
  options.level0_stop_writes_trigger = 12 * files;
}

/// Written all the time, never read while the store is open: no order in memory. One read would
/// sort a copy of the buffer.
void write_mostly(rocksdb::ColumnFamilyOptions& options, std::size_t all_bytes,
                  std::size_t record_bytes) {
  buffers(options, 8 * mib, all_bytes);
  options.memtable_factory =
      std::make_shared<rocksdb::VectorRepFactory>(options.write_buffer_size / record_bytes);
  rocksdb::BlockBasedTableOptions table = table_options();
  table.block_size = 32UL << 10U;
  table.no_block_cache = true;
  table.cache_index_and_filter_blocks = false;
  table.pin_l0_filter_and_index_blocks_in_cache = false;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

/// Where the last key went, the next one is likely to go.
void expect_neighbours(rocksdb::ColumnFamilyOptions& options) {
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
}

/// Read by the function: all its places, one after the other.
void by_function(rocksdb::ColumnFamilyOptions& options) {
  buffers(options, 4 * mib, 64 * mib);
  options.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(sizeof(std::uint64_t)));
  expect_neighbours(options);
  rocksdb::BlockBasedTableOptions table = table_options();
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = false;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

/// Increasing keys; dropped from the old end, a whole file at a time.
void log_of_events(rocksdb::ColumnFamilyOptions& options, std::uint64_t bytes) {
  // At most 256 full files, which all are open while events are listed.
  const std::size_t most = std::max<std::size_t>(8 * mib, bytes / 256);
  buffers(options, std::clamp<std::size_t>(bytes / 8, mib / 4, most), 64 * mib);
  options.compaction_style = rocksdb::kCompactionStyleFIFO;
  options.compaction_options_fifo.max_table_files_size = bytes;
  options.ttl = 0;  // Bytes alone decide; left to itself RocksDB also drops what is 30 days old.
  options.periodic_compaction_seconds = 0;
  // All its files are in level 0, as many as there are.
  options.level0_slowdown_writes_trigger = std::numeric_limits<int>::max();
  options.level0_stop_writes_trigger = std::numeric_limits<int>::max();
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options()));
}

void by_key(rocksdb::ColumnFamilyOptions& options, std::size_t buffer_bytes) {
  buffers(options, buffer_bytes, 4 * buffer_bytes);
  expect_neighbours(options);
  rocksdb::BlockBasedTableOptions table = table_options();
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

}  // namespace

rocksdb::DBOptions database_options(log_reading how) {
  rocksdb::DBOptions options;
  options.allow_concurrent_memtable_write = false;  // A vector cannot; there is one writer anyway.
  // What is in the log has to be read again at the next start: bounds how long that takes, and
  // flushes families that are rarely written.
  options.max_total_wal_size = 64 * mib;
  options.max_background_jobs = 2;
  // Those used last, of the 1,024 files that a process may have open if nobody says otherwise. A
  // list of events opens all files of their log, whatever this says.
  options.max_open_files = 384;
  // A log with a hole is refused, not cut short in silence: after the hole may come what was
  // acknowledged. Only the record that was being written at the end may be incomplete.
  options.wal_recovery_mode = how == log_reading::whole
                                  ? rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords
                                  : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  // After a failure nobody knows what the disk holds: no resuming, a restart will see.
  options.max_bgerror_resume_count = 0;
  options.avoid_unnecessary_blocking_io = true;
  options.bytes_per_sync = mib;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(family which, std::uint64_t event_log_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.level_compaction_dynamic_level_bytes = true;
  switch (which) {
    case family::meta: by_key(options, 4 * mib); break;
    case family::functions: write_mostly(options, 128 * mib, 128); break;
    case family::last_used: write_mostly(options, 32 * mib, 64); break;
    case family::history: by_function(options); break;
    case family::events: log_of_events(options, event_log_bytes); break;
    case family::documents:
      by_key(options, 16 * mib);
      options.bottommost_compression = rocksdb::kLZ4Compression;
      break;
    case family::texts: by_key(options, 4 * mib); break;
    case family::names: by_key(options, 8 * mib); break;
    case family::owed_releases: by_key(options, 4 * mib); break;
    case family::metadata: by_key(options, 8 * mib); break;
  }
  return options;
}

rocksdb::ColumnFamilyOptions unknown_family_options() {
  rocksdb::ColumnFamilyOptions options;
  options.disable_auto_compactions = true;
  return options;
}

}  // namespace fsm::rocks
