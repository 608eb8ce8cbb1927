#pragma once

#include "lazy_array.hpp"
#include <fsm/lifecycle.hpp>
#include <fsm/step.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace fsm::detail {

/// Which functions are in which situation, and which have which reason: a bitmap per pair and per
/// reason code over slot numbers, and how many.
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

  /// Tells the reasons of the function in `slot` before and after a transition. A code that this
  /// version does not know is not kept. One thread at a time, like `move`.
  void tell_reasons(std::uint32_t slot, const lifecycle_record& before,
                    const lifecycle_record& after);

  /// Functions with this code as the reason of their State or of their LastUpdateStatus.
  [[nodiscard]] std::uint64_t count(reason_code why) const noexcept;

  /// Those among 64 slots from `word * 64` on.
  [[nodiscard]] std::uint64_t word(std::size_t word, reason_code why) const noexcept;

  /// The situation of `slot` among `which`, or `absent`.
  [[nodiscard]] pair find(std::uint32_t slot, pair_set which) const noexcept;

  /// 64 slots from `word * 64` on, as bits: those in a situation of `which`. One that is in `which`
  /// all the time is there, also while it goes from one situation to another. Whoever sees a bit
  /// sees what was written about its function before.
  [[nodiscard]] std::uint64_t word(std::size_t word, pair_set which) const noexcept;

private:
  using bits = lazy_array<std::atomic<std::uint64_t>>;
  template <class Read>
  auto look(std::size_t word, Read read) const noexcept;

  std::size_t words_;
  // One bitmap per legal pair; that of `absent` is not used.
  std::deque<bits> maps_;
  // Per 64 slots: how often one of them went from one bitmap to another. Between the two writes.
  lazy_array<std::atomic<std::uint32_t>> moves_;
  std::array<std::atomic<std::uint64_t>, legal_pairs.size()> counts_{};

  /// One reason code; made when it is first seen.
  struct reason_slots {
    explicit reason_slots(std::size_t words) : map{words} {}
    bits map;
    std::atomic<std::uint64_t> count{0};
  };
  static constexpr std::size_t reasons_max = reason_table.size() + 1;

  [[nodiscard]] const reason_slots* find(reason_code why) const noexcept;
  void set(std::uint32_t slot, reason_code why, bool has);

  std::array<std::atomic<reason_slots*>, reasons_max> reasons_{};
  std::deque<reason_slots> reason_memory_;
};

}  // namespace fsm::detail
