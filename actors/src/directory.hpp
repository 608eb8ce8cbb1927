#pragma once

#include "epoch.hpp"
#include "table_memory.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

namespace fsm::detail {

/// A fixed hash of names: the same in every process and build, as it may decide what is stored
/// where. (XXH3, 64 bits.)
[[nodiscard]] std::uint64_t name_hash(std::string_view name) noexcept;

/// Name -> slot number. Readers take no lock and write nothing that is shared: they probe an
/// open-addressed table of 32-bit words {a few bits of the hash, slot} and compare the name in the
/// slot itself. Writers are spread over shards. A table that grows is replaced; the old one is
/// freed when no reader can be in it. Readers must be pinned.
class directory {
public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  /// `slots_max` decides how many bits a slot number takes; the rest of a word is for the hash.
  directory(epoch_domain& epochs, std::size_t slots_max);
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;
  ~directory();

  /// The slot of `name`, or `none`. `name_of(slot)` gives a slot's name. Caller is pinned.
  template <class NameOf>
  [[nodiscard]] std::uint32_t find(std::string_view name, NameOf name_of) const noexcept {
    return find(name, name_hash(name), name_of);
  }
  /// The same for a name whose `name_hash` is known.
  template <class NameOf>
  [[nodiscard]] std::uint32_t find(std::string_view name, std::uint64_t hash,
                                   NameOf name_of) const noexcept {
    const table t = table_of(hash);
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = hash & t.mask;; at = (at + 1) & t.mask) {
      const std::uint32_t word = t.words[at].load(std::memory_order_acquire);
      if (word == vacant) return none;
      if ((word & ~slot_mask_) == tag && is_slot(word) && name_of(slot_of(word)) == name)
        return slot_of(word);
    }
  }

  /// For who looks many names up at once: asks the memory for the word at which the search for a
  /// name of this hash begins.
  void prefetch(std::uint64_t hash) const noexcept {
    const table t = table_of(hash);
    __builtin_prefetch(&t.words[hash & t.mask]);
  }
  /// The first slot that may hold a name of this hash (very likely it does), or `none`. Caller is
  /// pinned.
  [[nodiscard]] std::uint32_t candidate(std::uint64_t hash) const noexcept {
    const table t = table_of(hash);
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = hash & t.mask;; at = (at + 1) & t.mask) {
      const std::uint32_t word = t.words[at].load(std::memory_order_relaxed);
      if (word == vacant) return none;
      if ((word & ~slot_mask_) == tag && is_slot(word)) return slot_of(word);
    }
  }

  /// The slot of `name`; if there is none, `make()` gives a new one (or `none`), which is added. At
  /// most one caller per name makes one. Caller is pinned.
  template <class NameOf, class Make>
  [[nodiscard]] std::uint32_t find_or_add(std::string_view name, NameOf name_of, Make make) {
    const std::uint64_t hash = name_hash(name);
    shard& s = shards_[shard_of(hash)];
    const std::lock_guard lock{s.mutex};
    const std::uint32_t found = find(name, hash, name_of);
    if (found != none) return found;
    const std::uint32_t made = make();
    if (made != none) add(s, hash, made, name_of);
    return made;
  }

  /// Removes `slot`, which holds `name`. False if it was not there.
  bool remove(std::string_view name, std::uint32_t slot);

  /// Calls `what(slot)` for every entry. Nobody may be adding or removing.
  template <class F>
  void for_each(F what) const {
    for (const auto& current : tables_) {
      const table t{current.load(std::memory_order_acquire)};
      for (std::size_t at = 0; at <= t.mask; ++at) {
        const std::uint32_t word = t.words[at].load(std::memory_order_relaxed);
        if (is_slot(word)) what(slot_of(word));
      }
    }
  }

  /// Bytes of all tables.
  [[nodiscard]] std::size_t bytes() const noexcept;

private:
  // The lower part of a word: a slot's number and two more, or one of these. A removed entry is
  // marked, so that probing goes on behind it. Fresh memory is vacant.
  static constexpr std::uint32_t vacant = 0;
  static constexpr std::uint32_t removed = 1;
  static constexpr std::uint32_t first_slot = 2;
  static constexpr std::size_t shard_count = 64;

  using cell = std::atomic<std::uint32_t>;
  /// A table's address, which ends in zeroes, and in their place the logarithm of its size: so that
  /// a reader gets both with one load.
  using table_bits = std::uintptr_t;
  struct table {
    explicit table(table_bits bits) noexcept
        : words{reinterpret_cast<cell*>(bits & ~table_bits{63})},
          mask{(std::size_t{1} << (bits & 63U)) - 1} {}
    cell* words;
    std::size_t mask;
  };
  /// What writers of a shard need.
  struct alignas(64) shard {
    std::mutex mutex;
    std::size_t used = 0;     // Words that are not vacant.
    std::size_t entries = 0;  // Words that are slots.
  };

  [[nodiscard]] static bool is_slot(std::uint32_t word) noexcept { return word > removed; }
  [[nodiscard]] std::uint32_t slot_of(std::uint32_t word) const noexcept {
    return (word & slot_mask_) - first_slot;
  }
  [[nodiscard]] std::uint32_t tag_of(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>(hash >> 26U) & ~slot_mask_;
  }
  [[nodiscard]] static std::size_t shard_of(std::uint64_t hash) noexcept { return hash >> 58U; }
  [[nodiscard]] table table_of(std::uint64_t hash) const noexcept {
    return table{tables_[shard_of(hash)].load(std::memory_order_acquire)};
  }

  template <class NameOf>
  void add(shard& s, std::uint64_t hash, std::uint32_t slot, NameOf name_of) {
    const table t = table_of(hash);
    if ((s.used + 1) * 5 > (t.mask + 1) * 4) rebuild(s, hash, name_of);
    put(table_of(hash), hash, tag_of(hash) | (slot + first_slot));
    ++s.used;
    ++s.entries;
  }

  /// A new table for the shard of `hash`, twice as large if its entries fill more than a third of
  /// the old one (otherwise most of it was removed entries).
  template <class NameOf>
  void rebuild(shard& s, std::uint64_t hash, NameOf name_of) {
    const table old = table_of(hash);
    const std::size_t capacity = old.mask + 1;
    const table_bits made = make_table(s.entries * 3 > capacity ? capacity * 2 : capacity);
    for (std::size_t at = 0; at < capacity; ++at) {
      const std::uint32_t word = old.words[at].load(std::memory_order_relaxed);
      if (is_slot(word)) put(table{made}, name_hash(name_of(slot_of(word))), word);
    }
    s.used = s.entries;
    retire(tables_[shard_of(hash)].exchange(made, std::memory_order_acq_rel));
  }

  [[nodiscard]] table_bits make_table(std::size_t capacity);
  static void free_table(table_memory& memory, table which) noexcept;
  void retire(table_bits old);
  static void put(table t, std::uint64_t hash, std::uint32_t word) noexcept;

  epoch_domain& epochs_;
  std::uint32_t slot_mask_;
  // For readers, apart from what writers write.
  alignas(64) std::array<std::atomic<table_bits>, shard_count> tables_{};
  std::array<shard, shard_count> shards_;
  /// Shared with what is retired, which may be freed later than this.
  std::shared_ptr<table_memory> memory_ = std::make_shared<table_memory>();
};

}  // namespace fsm::detail
