#pragma once

#include "closed_store.hpp"
#include "log_keeper.hpp"
#include "measure.hpp"
#include "storage.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace bench {

class raw_rocksdb;

/// Measures RocksDB alone with what a store has just written. One thread.
class write_probe {
public:
  /// Beside the store that `where` names.
  explicit write_probe(const storage& where);

  /// The store is open, and about to be written to.
  void begin();
  /// The store is closed. Reads what it wrote, as much of it as there is memory for.
  void end();

  /// Writes it once more with RocksDB alone, as synced as the store did; see `raw_rocksdb`.
  [[nodiscard]] measurement write();
  [[nodiscard]] measurement write_paced(double per_second, double seconds);

  /// What `end` found.
  [[nodiscard]] const written_batches& written() const noexcept { return written_; }
  /// The sizes of what the store holds, compacted.
  [[nodiscard]] std::vector<family_size> compact();

private:
  [[nodiscard]] measurement alone(const std::function<measurement(raw_rocksdb&)>& work) const;

  storage where_;
  std::filesystem::path store_;
  std::unique_ptr<log_keeper> keeper_;
  written_batches written_;
};

/// "functions 95.2, documents 12.0": bytes per function. Adds a line, members, and the target to
/// what was measured.
void note_sizes(measurement& into, const std::vector<family_size>& sizes, std::uint64_t functions);

}  // namespace bench
