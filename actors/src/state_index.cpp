#include "state_index.hpp"

namespace fsm::detail {

state_index::state_index(std::size_t slots_max) : words_{(slots_max + 63) / 64} {
  for (std::size_t i = 0; i < legal_pairs.size(); ++i) maps_.emplace_back(words_);
}

void state_index::move(std::uint32_t slot, pair from, pair to) noexcept {
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const std::size_t source = index_of(from);
  const std::size_t target = index_of(to);
  if (source == target) return;
  // Nobody else writes: no locked instruction is needed.
  const auto set = [](std::atomic<std::uint64_t>& what, std::uint64_t value) {
    what.store(value, std::memory_order_relaxed);
  };
  if (target != 0) {
    std::atomic<std::uint64_t>& word = maps_[target][slot / 64];
    set(word, word.load(std::memory_order_relaxed) | bit);
    set(counts_[target], count(target) + 1);
  }
  if (source != 0) {
    std::atomic<std::uint64_t>& word = maps_[source][slot / 64];
    set(word, word.load(std::memory_order_relaxed) & ~bit);
    set(counts_[source], count(source) - 1);
  }
}

pair state_index::find(std::uint32_t slot, pair_set which) const noexcept {
  for (std::size_t i = 1; i < maps_.size(); ++i) {
    if (which.contains(i) &&
        (maps_[i][slot / 64].load(std::memory_order_relaxed) >> (slot % 64) & 1U) != 0) {
      return legal_pairs[i];
    }
  }
  return pairs::absent;
}

std::uint64_t state_index::word(std::size_t word, pair_set which) const noexcept {
  std::uint64_t all = 0;
  if (word >= words_) return all;
  for (std::size_t i = 1; i < maps_.size(); ++i) {
    if (which.contains(i)) all |= maps_[i][word].load(std::memory_order_relaxed);
  }
  return all;
}

}  // namespace fsm::detail
