#include "directory.hpp"

#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fsm::detail {

namespace {

constexpr std::size_t smallest_table = 64;

}  // namespace

std::uint64_t name_hash(std::string_view name) noexcept {
  return XXH3_64bits(name.data(), name.size());
}

directory::table::table(std::size_t capacity)
    : mask{capacity - 1},
      words{std::make_unique_for_overwrite<std::atomic<std::uint32_t>[]>(capacity)} {
  for (std::size_t i = 0; i < capacity; ++i) words[i].store(vacant, std::memory_order_relaxed);
}

directory::directory(epoch_domain& epochs, std::size_t slots_max)
    : epochs_{epochs}, slot_bits_{static_cast<unsigned>(std::bit_width(slots_max + 2))} {
  for (shard& s : shards_) s.current.store(new table{smallest_table}, std::memory_order_release);
}

void directory::put(table& t, std::uint64_t hash, std::uint32_t word) noexcept {
  std::size_t at = hash & t.mask;
  while (t.words[at].load(std::memory_order_relaxed) != vacant) at = (at + 1) & t.mask;
  t.words[at].store(word, std::memory_order_release);
}

bool directory::remove(std::string_view name, std::uint32_t slot) {
  const std::uint64_t hash = name_hash(name);
  shard& s = shard_of(hash);
  const std::lock_guard lock{s.mutex};
  table& t = *s.current.load(std::memory_order_relaxed);
  const std::uint32_t wanted = word_for(hash, slot);
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

void directory::retire(table* old) {
  epochs_.retire([old] { delete old; });
}

std::size_t directory::bytes() const noexcept {
  std::size_t sum = 0;
  for (const shard& s : shards_) {
    sum += (s.current.load(std::memory_order_relaxed)->mask + 1) * sizeof(std::uint32_t);
  }
  return sum;
}

}  // namespace fsm::detail
