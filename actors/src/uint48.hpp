#pragma once

#include <cstdint>

namespace fsm::detail {

/// A number below 2^48 in six bytes, for what there are millions of. Times in milliseconds reach
/// the year 10889, and counters that go up a million times a second last for nine years.
class uint48 {
public:
  constexpr uint48() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it is a number.
  constexpr uint48(std::uint64_t value) noexcept
      : low_{static_cast<std::uint16_t>(value)},
        middle_{static_cast<std::uint16_t>(value >> 16U)},
        high_{static_cast<std::uint16_t>(value >> 32U)} {}
  // NOLINTNEXTLINE(google-explicit-constructor): it is a number.
  constexpr operator std::uint64_t() const noexcept {
    return std::uint64_t{high_} << 32U | std::uint64_t{middle_} << 16U | low_;
  }

private:
  std::uint16_t low_ = 0;
  std::uint16_t middle_ = 0;
  std::uint16_t high_ = 0;
};
static_assert(sizeof(uint48) == 6);

}  // namespace fsm::detail
