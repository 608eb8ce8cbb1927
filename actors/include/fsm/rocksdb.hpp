#pragma once

#include <fsm/store.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

/// \file
/// The store on disk: functions, documents, history and events in a RocksDB database, in one
/// directory. Its own target, libfsm::rocksdb: who does not want RocksDB does not link it.

namespace fsm {

/// What an acknowledged transition has survived.
enum class durability : std::uint8_t {
  /// It is on the disk: it survives the end of the process and a loss of power.
  synced,
  /// The operating system has it: it survives the end of the process, also by `kill -9`. A loss of
  /// power may take the last moments; what is left is in order and without gaps.
  buffered,
};

struct rocksdb_options {
  /// Made if it is not there (its parent must be). One store at a time may have it open.
  std::filesystem::path directory;
  durability mode = durability::synced;
  /// How many transitions are kept per function. 1 to `history_ring::size_max`. Laid down when the
  /// directory is made: opening it later with another number is refused.
  std::size_t history_max = 16;
  /// How many bytes of events are kept for `read_events`; about 100 bytes each. The oldest go
  /// first, a file of several MiB at a time. At least 1 MiB.
  std::uint64_t event_log_bytes = std::uint64_t{1} << 30U;
  /// Told what an operator should know (that an older store was upgraded, that RocksDB holds writes
  /// back, that it failed in the background), a line each. Any thread. Null = nobody.
  std::function<void(std::string_view)> warn{};
};

/// A store in a directory. Nothing happens before `open`, which reports all that is wrong with the
/// options or the directory: with `errc::invalid_argument` what the caller can mend (an option out
/// of range, a directory that cannot be made or written, or that another process has open), with
/// `errc::internal` what is wrong with the files (damaged, missing, written by a newer version).
/// The messages name the directory, the file if there is one, and the remedy.
///
/// A commit that fails, for whatever reason, is the last: its message says what is wrong and that a
/// restart will show what the disk holds; every later commit is refused. Reads go on.
///
/// Commits are answered from a thread of the store's own; reads inside the call.
[[nodiscard]] std::shared_ptr<store> rocksdb_store(rocksdb_options how);
/// The same with nothing but a directory: `rocksdb_store("functions.db")`.
[[nodiscard]] std::shared_ptr<store> rocksdb_store(std::filesystem::path directory);

/// What a directory as a whole says of itself.
struct rocksdb_summary {
  std::uint32_t schema_version = 0;
  /// That of the last owner.
  std::uint64_t epoch = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t last_uid = 0;
  /// When the last owner was last known to be alive.
  timestamp alive_at{};
  std::size_t history_max = 0;
};

/// Takes what `read_rocksdb_store` finds, in this order: the summary, owed releases, and for each
/// function (in order of uid) itself, its documents, its metadata and its history; then the events.
/// Each of them may return false to end the reading.
class rocksdb_reader {
public:
  virtual ~rocksdb_reader() = default;
  virtual bool on_summary(const rocksdb_summary& summary) = 0;
  virtual bool on_owed_release(std::uint64_t uid, std::uint32_t number) = 0;
  /// With its reason texts.
  virtual bool on_function(const stored_function& function) = 0;
  virtual bool on_document(std::uint64_t uid, std::uint32_t version, std::string_view document) = 0;
  virtual bool on_metadata(std::uint64_t uid, std::string_view metadata) = 0;
  virtual bool on_history(const stored_transition& transition) = 0;
  virtual bool on_event(const stored_transition& transition) = 0;
};

/// Reads a whole store without changing anything in its directory, also while another process has
/// it open (as it stood at some moment during the call). Errors as for `open`.
[[nodiscard]] expected<void> read_rocksdb_store(const std::filesystem::path& directory,
                                                rocksdb_reader& into);

}  // namespace fsm
