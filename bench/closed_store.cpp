#include "closed_store.hpp"

#include "interrupt.hpp"
#include "raw_database.hpp"

#include <rocksdb/table_properties.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using fsm::rocks::family;

constexpr std::array apart{family::documents, family::history, family::events};

/// Counts what a batch does in one column family.
class change_counter final : public rocksdb::WriteBatch::Handler {
public:
  explicit change_counter(std::uint32_t which) : family_{which} {}
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  rocksdb::Status PutCF(std::uint32_t which, const rocksdb::Slice& /*key*/,
                        const rocksdb::Slice& /*value*/) override {
    if (which == family_) ++count_;
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t which, const rocksdb::Slice& /*key*/) override {
    if (which == family_) ++count_;
    return rocksdb::Status::OK();
  }

private:
  std::uint32_t family_;
  std::uint64_t count_ = 0;
};

}  // namespace

struct closed_store::impl {
  fsm::rocks::database database;
};

closed_store::closed_store(const std::filesystem::path& directory)
    : impl_{new impl{open_raw(directory)}} {}
closed_store::~closed_store() = default;

written_batches closed_store::read_batches(std::uint64_t bytes_max) {
  const auto& database = impl_->database;
  std::unique_ptr<rocksdb::TransactionLogIterator> at;
  require_ok(database.db->GetUpdatesSince(1, &at), "the log of the store cannot be read");
  const auto functions = database[family::functions]->GetID();  // Changed by each transition.
  written_batches made;
  for (; at->Valid() && !interrupted(); at->Next()) {
    const auto batch = at->GetBatch();
    const auto& bytes = batch.writeBatchPtr->Data();
    if (made.bytes + bytes.size() > bytes_max) {
      made.complete = false;
      return made;
    }
    change_counter transitions{functions};
    require_ok(batch.writeBatchPtr->Iterate(&transitions), "a batch cannot be read");
    made.bytes += bytes.size();
    made.transitions += transitions.count();
    made.batches.push_back({bytes, transitions.count()});
  }
  require_ok(at->status(), "the log of the store cannot be read to its end");
  return made;
}

std::vector<family_size> closed_store::compact() {
  const auto& database = impl_->database;
  std::vector<family_size> sizes;
  rocksdb::CompactRangeOptions everything;
  everything.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (std::size_t i = 0; i < fsm::rocks::family_count; ++i) {
    const auto which = static_cast<family>(i);
    auto* const handle = database[which];
    require_ok(database.db->CompactRange(everything, handle, nullptr, nullptr),
               handle->GetName() + " cannot be compacted");
    rocksdb::ColumnFamilyMetaData facts;
    database.db->GetColumnFamilyMetaData(handle, &facts);
    family_size found{handle->GetName(), 0, facts.size,
                      std::find(apart.begin(), apart.end(), which) != apart.end()};
    // The files' own word: what the database counts misses those it has not rewritten since.
    rocksdb::TablePropertiesCollection files;
    require_ok(database.db->GetPropertiesOfAllTables(handle, &files),
               handle->GetName() + " cannot be counted");
    for (const auto& [name, file] : files) found.records += file->num_entries - file->num_deletions;
    sizes.push_back(std::move(found));
  }
  return sizes;
}

std::uint64_t closed_store::scan_functions() {
  const auto at = impl_->database.scan(family::functions);
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // So that every record is really looked at.
  for (at->SeekToFirst(); at->Valid() && !interrupted(); at->Next()) {
    bytes += at->key().size() + at->value().size();
    ++count;
  }
  require_ok(at->status(), "the functions cannot be read");
  if (count > 0 && bytes == 0) throw std::runtime_error{"the functions' records are empty"};
  return count;
}

}  // namespace bench
