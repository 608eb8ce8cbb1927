#pragma once

#include "internal.hpp"

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fsm::rocks {

/// The column families: what is kept, under which key, and how it is read and written. Their names
/// are stored.
enum class family : std::uint8_t {
  meta,       ///< What the store says of itself; see meta.hpp. RocksDB's default family.
  functions,  ///< uid → Function. Written all the time, read at start only.
  last_used,  ///< uid → time of the last use in ms, where it is later than the function's own.
  history,    ///< uid, place in the ring → Transition, without a name. Overwritten in place.
  events,     ///< sequence → Transitions from there on; see event_log.hpp. Old files are dropped.
  documents,  ///< uid, version → document.
  texts,      ///< uid, text_kind → reason text that differs from its code's own.
  names,      ///< name → uid.
  owed_releases,  ///< uid, attempt → nothing.
  metadata,       ///< uid → metadata. Since schema version 2.
};

inline constexpr std::size_t family_count = 10;
[[nodiscard]] std::string_view name_of(family which) noexcept;

/// An open RocksDB with the handles of our families. Closed by the destructor.
struct database {
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, family_count> handles{};
  /// Families of a newer version, which have to be opened and are not used.
  std::vector<rocksdb::ColumnFamilyHandle*> unknown;
  std::string directory;

  database() = default;
  database(database&& other) noexcept = default;
  database& operator=(database&& other) noexcept = delete;
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database();

  /// Null for a family that is not there: an older store that is only read.
  [[nodiscard]] rocksdb::ColumnFamilyHandle* operator[](family which) const noexcept {
    return handles[static_cast<std::size_t>(which)];
  }
  /// For one pass over everything: no cache, large reads.
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> scan(family which) const;
  /// An error if key or value of a record are not as long as all of its family are: then it is not
  /// ours, and nothing may be read from it.
  [[nodiscard]] expected<void> check_form(family which, const rocksdb::Iterator& at) const;
};

/// What to do with a log that has a damaged record.
enum class log_reading : std::uint8_t {
  whole,         ///< It is an error. The last record may be incomplete.
  up_to_damage,  ///< What comes before it counts.
};

/// Opens the database in `how.directory`, which is made if it is not there. Errors as for
/// `rocksdb_store`; `is_damaged` becomes true if RocksDB finds that files are not what they were.
/// `env` and `listener` may be null.
[[nodiscard]] expected<database> open_database(
    const rocksdb_options& how, rocksdb::Env* env,
    const std::shared_ptr<rocksdb::EventListener>& listener, log_reading log = log_reading::whole,
    bool* is_damaged = nullptr);

/// Opens it to be read only: makes and changes no file.
[[nodiscard]] expected<database> open_to_read(const std::filesystem::path& directory,
                                              rocksdb::Env* env = nullptr,
                                              log_reading log = log_reading::whole);

}  // namespace fsm::rocks
