#pragma once

#include "lazy_array.hpp"
#include <fsm/lifecycle.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace fsm::detail {

/// Which functions are in which situation: a bitmap per pair over slot numbers, and how many.
/// Written by the delivery stage only, so that it never shows what is not durable; read by anybody,
/// without a lock.
class state_index {
public:
  /// Memory is only touched where there are functions.
  explicit state_index(std::size_t slots_max);

  /// Moves `slot` from one situation to another; `absent` is in no bitmap. One thread at a time.
  void move(std::uint32_t slot, pair from, pair to) noexcept;

  [[nodiscard]] std::uint64_t count(std::size_t pair_index) const noexcept {
    return counts_[pair_index].load(std::memory_order_relaxed);
  }

  /// The situation of `slot` among `which`, or `absent`.
  [[nodiscard]] pair find(std::uint32_t slot, pair_set which) const noexcept;

  /// 64 slots from `word * 64` on, as bits: those in a situation of `which`.
  [[nodiscard]] std::uint64_t word(std::size_t word, pair_set which) const noexcept;

private:
  using bits = lazy_array<std::atomic<std::uint64_t>>;
  std::size_t words_;
  // One bitmap per legal pair; that of `absent` is not used.
  std::deque<bits> maps_;
  std::array<std::atomic<std::uint64_t>, legal_pairs.size()> counts_{};
};

}  // namespace fsm::detail
