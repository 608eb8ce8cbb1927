#pragma once

#include <fsm/rocksdb.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rocksdb {
class Env;
}

namespace fsm::rocks {

struct database;

/// Brings a database from one schema version to the next. Must bear being done again: it may have
/// been interrupted, or its end may not have been noted.
struct upgrade_step {
  std::uint32_t from = 0;  ///< To `from + 1`.
  std::function<expected<void>(database&)> run;
};

/// The schema version that this version of the library writes, and the highest that it reads.
inline constexpr std::uint32_t schema_version = 2;

/// The steps from every older version to it.
[[nodiscard]] std::vector<upgrade_step> upgrades();

/// What tests do differently.
struct internals {
  /// Where files are; null = RocksDB's default. Has to outlive the store.
  rocksdb::Env* env = nullptr;
  std::uint32_t schema_version = rocks::schema_version;
  std::vector<upgrade_step> upgrades = rocks::upgrades();
  /// Which start of the operating system this is; "" = ask it.
  std::string boot{};
};

[[nodiscard]] std::shared_ptr<store> make_store(rocksdb_options how, internals with);

}  // namespace fsm::rocks
