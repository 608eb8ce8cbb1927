#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// What a store gave to RocksDB at once.
struct written_batch {
  std::string bytes;
  std::uint64_t transitions = 0;
};

struct written_batches {
  std::vector<written_batch> batches;
  std::uint64_t transitions = 0;
  std::uint64_t bytes = 0;
  /// False when there was more than was wanted.
  bool complete = true;
};

/// The records of one column family.
struct family_size {
  std::string name;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< On disk.
  /// Documents, history and events: what grows with the life of a function, not with their number.
  bool is_apart = false;
};

/// A store's files, looked at with nothing but RocksDB, with the options of libfsm's store. The
/// store itself must be closed. Throws `std::runtime_error` when something is wrong with them. One
/// thread.
class closed_store {
public:
  /// Opening reads the log again, as the store's own opening does.
  explicit closed_store(const std::filesystem::path& directory);
  closed_store(const closed_store&) = delete;
  closed_store& operator=(const closed_store&) = delete;
  ~closed_store();

  /// The first batches, up to `bytes_max`. Needs a `log_keeper` that was there while they were
  /// written.
  [[nodiscard]] written_batches read_batches(std::uint64_t bytes_max);
  /// Compacts everything, and gives what is left of each column family.
  [[nodiscard]] std::vector<family_size> compact();
  /// Goes once through the functions' own records, in the order in which recovery reads them. Gives
  /// how many there are.
  [[nodiscard]] std::uint64_t scan_functions();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bench
