#pragma once

#include "database.hpp"

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <optional>

namespace fsm::rocks {

/// What is put beside every commit: how far the store has come.
struct progress {
  std::uint64_t last_sequence = 0;
  std::uint64_t last_uid = 0;
  timestamp alive_at{};
};

/// What the store says of itself.
struct meta {
  std::uint32_t schema_version = 0;
  std::uint64_t history_max = 0;
  std::uint64_t epoch = 0;
  progress at;
};

/// None if nothing was ever written.
[[nodiscard]] expected<std::optional<meta>> read_meta(const database& in);

/// An error if a newer version of the library, whose schema this one does not know, has written it.
[[nodiscard]] expected<void> refuse_newer(const database& in, const meta& found,
                                          std::uint32_t schema_version);

void put_schema_version(rocksdb::WriteBatch& into, const database& in, std::uint32_t version);
void put_history_max(rocksdb::WriteBatch& into, const database& in, std::uint64_t history_max);
void put_epoch(rocksdb::WriteBatch& into, const database& in, std::uint64_t epoch);
void put_progress(rocksdb::WriteBatch& into, const database& in, const progress& at);

/// Makes the database ready for an owner: lays down what a new one says of itself, brings an older
/// one up to `with.schema_version`, refuses a newer one, and raises the epoch. Everything is
/// synced.
[[nodiscard]] expected<meta> take_over(database& in, const rocksdb_options& how,
                                       const internals& with);

}  // namespace fsm::rocks
