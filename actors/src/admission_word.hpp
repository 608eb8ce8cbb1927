#pragma once

#include <atomic>
#include <cstdint>

namespace fsm::detail {

/// Who may run, and how many do: one atomic word per function.
///
///   bits 0-23   invocations in flight
///   bits 24-47  generation: renewed whenever the running ones are moved away, so that their
///   completions are told apart bit  48     open: invocations are admitted (State is Active) bit 49
///   gone: the function was removed, or the runtime has stopped
///
/// `admit` and `complete` are one compare-and-swap each, by any thread. Only the function's actor
/// opens and closes. The word is in the slot, not in the actor: it outlives the function, so that a
/// late completion finds a generation that is not its own.
class admission_word {
public:
  static constexpr std::uint32_t in_flight_max = (1U << 24U) - 1;

  struct view {
    std::uint64_t bits;
    [[nodiscard]] std::uint32_t in_flight() const noexcept {
      return static_cast<std::uint32_t>(bits & count_mask);
    }
    [[nodiscard]] std::uint32_t generation() const noexcept {
      return static_cast<std::uint32_t>(bits >> generation_shift & count_mask);
    }
    [[nodiscard]] bool open() const noexcept { return (bits & open_bit) != 0; }
    [[nodiscard]] bool gone() const noexcept { return (bits & gone_bit) != 0; }
  };

  [[nodiscard]] view load() const noexcept { return {bits_.load(std::memory_order_acquire)}; }

  /// One more in flight, if the word is still what the caller saw. On failure `seen` is what it is
  /// now.
  [[nodiscard]] bool try_admit(view& seen) noexcept {
    return bits_.compare_exchange_weak(seen.bits, seen.bits + 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire);
  }

  /// One less in flight. False if the generation has changed, and nothing was done.
  [[nodiscard]] bool try_complete(std::uint32_t generation) noexcept {
    view seen = load();
    while (seen.generation() == generation && seen.in_flight() != 0) {
      if (bits_.compare_exchange_weak(seen.bits, seen.bits - 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return true;
      }
    }
    return false;
  }

  // -- only the function's actor ------------------------------------------------------------------

  /// Admits invocations from now on.
  void open() noexcept { bits_.fetch_or(open_bit, std::memory_order_acq_rel); }

  /// Admits nothing more, if nothing is in flight. False, and nothing is done, otherwise.
  [[nodiscard]] bool try_close() noexcept {
    view seen = load();
    while (seen.in_flight() == 0) {
      if (bits_.compare_exchange_weak(seen.bits, seen.bits & ~open_bit, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return true;
      }
    }
    return false;
  }

  /// Starts a new generation with nothing in flight, closed; gives the old one. `gone`: for good.
  view renew(bool gone) noexcept {
    view seen = load();
    for (;;) {
      const std::uint64_t generation = (seen.generation() + 1) & count_mask;
      const std::uint64_t next = generation << generation_shift | (gone ? gone_bit : 0);
      if (bits_.compare_exchange_weak(seen.bits, next, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return seen;
      }
    }
  }

  /// The slot gets a new function: nothing is in flight, nothing is admitted yet; the generation
  /// goes on.
  void reset() noexcept {
    bits_.fetch_and(count_mask << generation_shift, std::memory_order_acq_rel);
  }

private:
  static constexpr std::uint64_t count_mask = in_flight_max;
  static constexpr unsigned generation_shift = 24;
  static constexpr std::uint64_t open_bit = std::uint64_t{1} << 48U;
  static constexpr std::uint64_t gone_bit = std::uint64_t{1} << 49U;

  std::atomic<std::uint64_t> bits_{0};
};

static_assert(sizeof(admission_word) == 8);

}  // namespace fsm::detail
