#include "state_index.hpp"

namespace fsm::detail {

state_index::state_index(std::size_t slots_max) : words_{(slots_max + 63) / 64}, moves_{words_} {
  for (std::size_t i = 0; i < legal_pairs.size(); ++i) maps_.emplace_back(words_);
}

void state_index::move(std::uint32_t slot, pair from, pair to) noexcept {
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const std::size_t source = index_of(from);
  const std::size_t target = index_of(to);
  if (source == target) return;
  // Nobody else writes: no locked instruction is needed.
  if (target != 0) {
    std::atomic<std::uint64_t>& word = maps_[target][slot / 64];
    word.store(word.load(std::memory_order_relaxed) | bit, std::memory_order_release);
    counts_[target].store(count(target) + 1, std::memory_order_relaxed);
  }
  if (source != 0 && target != 0) {
    std::atomic<std::uint32_t>& moves = moves_[slot / 64];
    moves.store(moves.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  if (source != 0) {
    std::atomic<std::uint64_t>& word = maps_[source][slot / 64];
    word.store(word.load(std::memory_order_relaxed) & ~bit, std::memory_order_release);
    counts_[source].store(count(source) - 1, std::memory_order_relaxed);
  }
}

/// Reads the bitmaps at `word`, one after the other, and once more if a slot may have been missed:
/// not yet in the one that was read first, no longer in the one that was read later. Then its move
/// was counted in between.
template <class Read>
auto state_index::look(std::size_t word, Read read) const noexcept {
  std::uint32_t before = moves_[word].load(std::memory_order_acquire);
  for (;;) {
    const auto found = read();  // With acquire: what comes after it is read after it.
    const std::uint32_t after = moves_[word].load(std::memory_order_acquire);
    if (after == before) return found;
    before = after;
  }
}

void state_index::tell_reasons(std::uint32_t slot, const lifecycle_record& before,
                               const lifecycle_record& after) {
  const auto has = [](const lifecycle_record& r, reason_code why) {
    return r.pair != pairs::absent && (r.state_reason == why || r.update_reason == why);
  };
  for (const reason_code why :
       {before.state_reason, before.update_reason, after.state_reason, after.update_reason}) {
    if (why != reason_code::none) set(slot, why, has(after, why));
  }
}

void state_index::set(std::uint32_t slot, reason_code why, bool has) {
  const auto index = static_cast<std::size_t>(why);
  if (index >= reasons_max) return;
  reason_slots* to = reasons_[index].load(std::memory_order_relaxed);
  if (to == nullptr && !has) return;
  if (to == nullptr) {
    to = &reason_memory_.emplace_back(words_);
    reasons_[index].store(to, std::memory_order_release);
  }
  std::atomic<std::uint64_t>& word = to->map[slot / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const std::uint64_t old = word.load(std::memory_order_relaxed);
  if (((old & bit) != 0) == has) return;
  word.store(has ? old | bit : old & ~bit, std::memory_order_relaxed);
  const std::uint64_t count = to->count.load(std::memory_order_relaxed);
  to->count.store(has ? count + 1 : count - 1, std::memory_order_relaxed);
}

const state_index::reason_slots* state_index::find(reason_code why) const noexcept {
  const auto index = static_cast<std::size_t>(why);
  return index < reasons_max ? reasons_[index].load(std::memory_order_acquire) : nullptr;
}

std::uint64_t state_index::count(reason_code why) const noexcept {
  const reason_slots* const found = find(why);
  return found != nullptr ? found->count.load(std::memory_order_relaxed) : 0;
}

std::uint64_t state_index::word(std::size_t word, reason_code why) const noexcept {
  const reason_slots* const found = find(why);
  return found != nullptr && word < words_ ? found->map[word].load(std::memory_order_relaxed) : 0;
}

pair state_index::find(std::uint32_t slot, pair_set which) const noexcept {
  return look(slot / 64, [this, slot, which] {
    for (std::size_t i = 1; i < maps_.size(); ++i) {
      if (which.contains(i) &&
          (maps_[i][slot / 64].load(std::memory_order_acquire) >> (slot % 64) & 1U) != 0) {
        return legal_pairs[i];
      }
    }
    return pairs::absent;
  });
}

std::uint64_t state_index::word(std::size_t word, pair_set which) const noexcept {
  if (word >= words_) return 0;
  return look(word, [this, word, which] {
    std::uint64_t all = 0;
    for (std::size_t i = 1; i < maps_.size(); ++i) {
      if (which.contains(i)) all |= maps_[i][word].load(std::memory_order_acquire);
    }
    return all;
  });
}

}  // namespace fsm::detail
