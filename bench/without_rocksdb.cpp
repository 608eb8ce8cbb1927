// What fsm-bench is without RocksDB: the flag that leads to all of this is refused.
#include "closed_store.hpp"
#include "peers/raw_rocksdb.hpp"
#include "storage.hpp"

#include <stdexcept>

namespace bench {
namespace {

[[noreturn]] void not_built_in() { throw std::logic_error{"fsm-bench was built without RocksDB"}; }

}  // namespace

bool has_rocksdb() noexcept { return false; }

std::shared_ptr<fsm::store> store_at(const std::filesystem::path&, const storage&) {
  not_built_in();
}

struct closed_store::impl {};
closed_store::closed_store(const std::filesystem::path&) { not_built_in(); }
closed_store::~closed_store() = default;
written_batches closed_store::read_batches(std::uint64_t) { not_built_in(); }
std::vector<family_size> closed_store::compact() { not_built_in(); }
std::uint64_t closed_store::scan_functions() { not_built_in(); }

struct raw_rocksdb::impl {};
raw_rocksdb::raw_rocksdb(const std::filesystem::path&, bool) { not_built_in(); }
raw_rocksdb::~raw_rocksdb() = default;
measurement raw_rocksdb::write(const written_batches&) { not_built_in(); }
measurement raw_rocksdb::write_paced(const written_batches&, double, double) { not_built_in(); }

}  // namespace bench
