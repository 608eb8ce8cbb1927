#pragma once

#include <cstdint>
#include <numeric>
#include <utility>

namespace bench {

/// Every number below `count` once, neighbours far apart: an order that looks random to caches and
/// needs no memory, however many there are. Turn k is k * step modulo `count`, where the step has
/// no divisor in common with `count`; so the turn of a number can be told, too.
class scattered_order {
public:
  /// `count` is at least 1 and below 2^32.
  explicit scattered_order(std::uint64_t count) noexcept
      : count_{count}, step_{step_for(count)}, inverse_{inverse_of(step_, count)} {}

  [[nodiscard]] std::uint64_t size() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t operator[](std::uint64_t turn) const noexcept {
    return turn * step_ % count_;
  }
  [[nodiscard]] std::uint64_t turn_of(std::uint64_t number) const noexcept {
    return number * inverse_ % count_;
  }

private:
  /// Near the golden section of `count`, which spreads any run of turns evenly.
  [[nodiscard]] static std::uint64_t step_for(std::uint64_t count) noexcept {
    auto step = static_cast<std::uint64_t>(static_cast<double>(count) * 0.618'033'988'7) | 1U;
    while (std::gcd(step, count) != 1) step += 2;
    return step % count;
  }

  /// Euclid's algorithm, which keeps how often each rest contains `step`.
  [[nodiscard]] static std::uint64_t inverse_of(std::uint64_t step, std::uint64_t count) noexcept {
    auto rest = static_cast<std::int64_t>(count);
    auto next_rest = static_cast<std::int64_t>(step);
    std::int64_t times = 0;
    std::int64_t next_times = 1;
    while (next_rest != 0) {
      const auto quotient = rest / next_rest;
      rest -= quotient * next_rest;
      std::swap(rest, next_rest);
      times -= quotient * next_times;
      std::swap(times, next_times);
    }
    const auto modulus = static_cast<std::int64_t>(count);
    return static_cast<std::uint64_t>((times % modulus + modulus) % modulus);
  }

  std::uint64_t count_;
  std::uint64_t step_;
  std::uint64_t inverse_;
};

}  // namespace bench
