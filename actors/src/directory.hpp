#pragma once

#include "epoch.hpp"

#include <array>
#include <atomic>
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

  /// The slot of `name`, or `none`. `name_of(slot)` gives a slot's name. Caller is pinned.
  template <class NameOf>
  [[nodiscard]] std::uint32_t find(std::string_view name, NameOf name_of) const noexcept {
    return find(name, name_hash(name), name_of);
  }

  /// The slot of `name`; if there is none, `make()` gives a new one (or `none`), which is added. At
  /// most one caller per name makes one. Caller is pinned.
  template <class NameOf, class Make>
  [[nodiscard]] std::uint32_t find_or_add(std::string_view name, NameOf name_of, Make make) {
    const std::uint64_t hash = name_hash(name);
    shard& s = shard_of(hash);
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
    const std::uint32_t slot_mask = (std::uint32_t{1} << slot_bits_) - 1;
    for (const shard& s : shards_) {
      const table* t = s.current.load(std::memory_order_acquire);
      for (std::size_t at = 0; at <= t->mask; ++at) {
        const std::uint32_t word = t->words[at].load(std::memory_order_relaxed);
        if (word != vacant && word != removed) what(word & slot_mask);
      }
    }
  }

  /// Bytes of all tables.
  [[nodiscard]] std::size_t bytes() const noexcept;

private:
  // Two words that are no slot. A removed entry is marked, so that probing goes on behind it.
  static constexpr std::uint32_t vacant = 0xFFFF'FFFF;
  static constexpr std::uint32_t removed = 0xFFFF'FFFE;
  static constexpr std::size_t shard_count = 64;

  struct table {
    explicit table(std::size_t capacity);
    std::size_t mask;
    std::unique_ptr<std::atomic<std::uint32_t>[]> words;
  };
  struct alignas(64) shard {
    std::atomic<table*> current{nullptr};
    std::mutex mutex;
    std::size_t used = 0;     // Words that are not vacant.
    std::size_t entries = 0;  // Words that are slots.
    ~shard() { delete current.load(std::memory_order_relaxed); }
  };

  [[nodiscard]] shard& shard_of(std::uint64_t hash) noexcept { return shards_[hash >> 58U]; }
  [[nodiscard]] const shard& shard_of(std::uint64_t hash) const noexcept {
    return shards_[hash >> 58U];
  }
  [[nodiscard]] std::uint32_t word_for(std::uint64_t hash, std::uint32_t slot) const noexcept {
    return static_cast<std::uint32_t>(hash >> 26U) << slot_bits_ | slot;
  }

  template <class NameOf>
  [[nodiscard]] std::uint32_t find(std::string_view name, std::uint64_t hash,
                                   NameOf name_of) const noexcept {
    const table* t = shard_of(hash).current.load(std::memory_order_acquire);
    const std::uint32_t slot_mask = (std::uint32_t{1} << slot_bits_) - 1;
    const std::uint32_t tag = word_for(hash, 0);
    for (std::size_t at = hash & t->mask;; at = (at + 1) & t->mask) {
      const std::uint32_t word = t->words[at].load(std::memory_order_acquire);
      if (word == vacant) return none;
      if ((word & ~slot_mask) == tag && word != removed && name_of(word & slot_mask) == name)
        return word & slot_mask;
    }
  }

  template <class NameOf>
  void add(shard& s, std::uint64_t hash, std::uint32_t slot, NameOf name_of) {
    table* t = s.current.load(std::memory_order_relaxed);
    if ((s.used + 1) * 5 > (t->mask + 1) * 4) t = rebuild(s, name_of);
    put(*t, hash, word_for(hash, slot));
    ++s.used;
    ++s.entries;
  }

  /// A new table for the entries of `s`, twice as large if they fill more than a third of the old
  /// one (otherwise most of it was removed entries).
  template <class NameOf>
  table* rebuild(shard& s, NameOf name_of) {
    table* old = s.current.load(std::memory_order_relaxed);
    const std::size_t capacity = old->mask + 1;
    auto* fresh = new table{s.entries * 3 > capacity ? capacity * 2 : capacity};
    const std::uint32_t slot_mask = (std::uint32_t{1} << slot_bits_) - 1;
    for (std::size_t at = 0; at < capacity; ++at) {
      const std::uint32_t word = old->words[at].load(std::memory_order_relaxed);
      if (word != vacant && word != removed)
        put(*fresh, name_hash(name_of(word & slot_mask)), word);
    }
    s.used = s.entries;
    s.current.store(fresh, std::memory_order_release);
    retire(old);
    return fresh;
  }

  static void put(table& t, std::uint64_t hash, std::uint32_t word) noexcept;
  void retire(table* old);

  epoch_domain& epochs_;
  unsigned slot_bits_;
  std::array<shard, shard_count> shards_;
};

}  // namespace fsm::detail
