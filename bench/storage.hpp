#pragma once

#include "store_meter.hpp"
#include <fsm/store.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

class data_directory;

enum class store_kind : std::uint8_t { none, rocksdb };

/// Where the functions of a run are kept. The flags `--store`, `--durability` and `--data`.
struct storage {
  store_kind kind = store_kind::none;
  /// On disk when it is acknowledged; else handed to the operating system.
  bool synced = true;
  /// As typed; empty = a temporary directory.
  std::string data;
  /// Names the store's place in `directory`.
  std::string label = "store";
  /// Taken before the first store is made; null without stores on disk.
  std::shared_ptr<data_directory> directory;
  /// Counts the commits; null = nobody does.
  std::shared_ptr<store_meter> meter;

  [[nodiscard]] bool on_disk() const noexcept { return kind != store_kind::none; }
  /// As in the JSON: "none" or "rocksdb".
  [[nodiscard]] std::string_view store_name() const noexcept;
  /// As in the JSON: "none", "synced" or "buffered".
  [[nodiscard]] std::string_view durability_name() const noexcept;
};

/// False when fsm-bench was built without RocksDB.
[[nodiscard]] bool has_rocksdb() noexcept;

/// A new, empty store, for a runtime to open; one on disk takes the place of the one before it,
/// which must have been closed. Throws `std::runtime_error` when there is no place for it.
[[nodiscard]] std::shared_ptr<fsm::store> make_store(const storage& where);

/// The store in `directory`, counted as `where` says.
[[nodiscard]] std::shared_ptr<fsm::store> store_at(const std::filesystem::path& directory,
                                                   const storage& where);

/// Takes the directory, if one is needed. Throws `usage_error`.
void take_directory(storage& where);

/// Bytes that a run needs on disk per function, and while it runs, generously.
inline constexpr std::uint64_t disk_bytes_per_function = 2'500;

/// Throws `usage_error`, with the estimate, when so many functions do not fit on the disk.
void require_disk(std::string_view what, const storage& where, std::uint64_t functions);

}  // namespace bench
