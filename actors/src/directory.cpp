#include "directory.hpp"

#include "assert.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fsm::detail {

namespace {

constexpr std::size_t smallest_table = 64;

}  // namespace

std::uint64_t name_hash(std::string_view name) noexcept {
  return XXH3_64bits(name.data(), name.size());
}

directory::directory(epoch_domain& epochs, std::size_t slots_max)
    : epochs_{epochs},
      slot_mask_{static_cast<std::uint32_t>(std::bit_ceil(slots_max + first_slot) - 1)} {
  for (auto& current : tables_)
    current.store(make_table(smallest_table), std::memory_order_release);
}

directory::~directory() {
  for (auto& current : tables_)
    free_table(*memory_, table{current.load(std::memory_order_relaxed)});
}

directory::table_bits directory::make_table(std::size_t capacity) {
  const auto address = reinterpret_cast<table_bits>(memory_->take(capacity * sizeof(cell)));
  FSM_ASSERT((address & 63U) == 0);
  return address | static_cast<table_bits>(std::bit_width(capacity) - 1);
}

void directory::free_table(table_memory& memory, table which) noexcept {
  memory.give(which.words, (which.mask + 1) * sizeof(cell));
}

void directory::retire(table_bits old) {
  epochs_.retire([which = table{old}, memory = memory_] { free_table(*memory, which); });
}

void directory::put(table t, std::uint64_t hash, std::uint32_t word) noexcept {
  std::size_t at = hash & t.mask;
  while (t.words[at].load(std::memory_order_relaxed) != vacant) at = (at + 1) & t.mask;
  t.words[at].store(word, std::memory_order_release);
}

bool directory::remove(std::string_view name, std::uint32_t slot) {
  const std::uint64_t hash = name_hash(name);
  shard& s = shards_[shard_of(hash)];
  const std::lock_guard lock{s.mutex};
  const table t = table_of(hash);
  const std::uint32_t wanted = tag_of(hash) | (slot + first_slot);
  for (std::size_t at = hash & t.mask;; at = (at + 1) & t.mask) {
    const std::uint32_t word = t.words[at].load(std::memory_order_relaxed);
    if (word == vacant) return false;
    if (word == wanted) {
      t.words[at].store(removed, std::memory_order_release);
      --s.entries;
      return true;
    }
  }
}

std::size_t directory::bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& current : tables_)
    sum += (table{current.load(std::memory_order_relaxed)}.mask + 1) * sizeof(cell);
  return sum;
}

}  // namespace fsm::detail
