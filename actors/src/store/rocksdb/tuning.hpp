#pragma once

#include "database.hpp"

#include <rocksdb/options.h>

#include <cstdint>

namespace fsm::rocks {

/// How RocksDB is used, in one place; why is said beside each option, and measured in
/// docs/decisions/0020-rocksdb-layout.md.
[[nodiscard]] rocksdb::DBOptions database_options(log_reading how);
[[nodiscard]] rocksdb::ColumnFamilyOptions family_options(family which,
                                                          std::uint64_t event_log_bytes);
/// For a family of a newer version, about which nothing is known.
[[nodiscard]] rocksdb::ColumnFamilyOptions unknown_family_options();

}  // namespace fsm::rocks
