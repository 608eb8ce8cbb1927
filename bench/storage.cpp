#include "storage.hpp"

#include "data_directory.hpp"
#include "flags.hpp"
#include "machine.hpp"

namespace bench {

std::string_view storage::store_name() const noexcept { return on_disk() ? "rocksdb" : "none"; }

std::string_view storage::durability_name() const noexcept {
  if (!on_disk()) return "none";
  return synced ? "synced" : "buffered";
}

std::shared_ptr<fsm::store> make_store(const storage& where) {
  if (!where.on_disk()) return fsm::make_null_store();
  return store_at(where.directory->place(where.label), where);
}

void take_directory(storage& where) {
  if (!where.on_disk()) return;
  where.directory =
      where.data.empty() ? data_directory::make_temporary() : data_directory::take(where.data);
}

void require_disk(std::string_view what, const storage& where, std::uint64_t functions) {
  if (!where.on_disk()) return;
  const auto needed = functions * disk_bytes_per_function;
  const auto available = where.directory->available_bytes();
  if (needed <= available) return;
  throw usage_error{std::string{what} + ": --functions " + std::to_string(functions) +
                    " needs about " + in_gibibytes(needed) + " below " +
                    where.directory->path().string() + ", " + in_gibibytes(available) +
                    " are available"};
}

}  // namespace bench
