#include "storage.hpp"
#include <fsm/rocksdb.hpp>

#include <cstdio>
#include <string>

namespace bench {

bool has_rocksdb() noexcept { return true; }

std::shared_ptr<fsm::store> store_at(const std::filesystem::path& directory, const storage& where) {
  fsm::rocksdb_options how;
  how.directory = directory;
  how.mode = where.synced ? fsm::durability::synced : fsm::durability::buffered;
  how.warn = [](std::string_view line) {
    std::fprintf(stderr, "store: %.*s\n", static_cast<int>(line.size()), line.data());
  };
  auto made = fsm::rocksdb_store(std::move(how));
  if (where.meter == nullptr) return made;
  return std::make_shared<metered_store>(std::move(made), where.meter);
}

}  // namespace bench
