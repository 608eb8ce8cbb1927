#include "holds.hpp"
#include "timing_wheel.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <vector>

using fsm::detail::timing_wheel;
using fsm::testing::holds;

namespace {

struct entry {
  std::uint32_t next = 0xFFFF'FFFF;
  std::uint32_t previous = 0xFFFF'FFFF;
  std::uint64_t due = 0;
};

struct links {
  std::vector<entry>* all;
  [[nodiscard]] std::uint32_t& next(std::uint32_t n) const noexcept { return (*all)[n].next; }
  [[nodiscard]] std::uint32_t& previous(std::uint32_t n) const noexcept {
    return (*all)[n].previous;
  }
  [[nodiscard]] std::uint64_t due(std::uint32_t n) const noexcept { return (*all)[n].due; }
};

enum class act : std::uint8_t { arm, disarm, postpone, advance, advance_a_little };

struct order {
  act what = act::arm;
  std::uint32_t entry = 0;
  std::uint64_t ticks = 0;

  friend std::ostream& operator<<(std::ostream& out, const order& o) {
    return out << static_cast<int>(o.what) << " of " << o.entry << " by " << o.ticks;
  }
};

constexpr std::uint32_t entries_max = 12;

/// Spans of every magnitude: those of the wheel's levels, and one tick beside them.
rc::Gen<std::uint64_t> spans() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange<unsigned>(0, 40), rc::gen::arbitrary<std::uint64_t>()),
      [](const std::pair<unsigned, std::uint64_t>& from) {
        return from.second % 3 == 0 ? std::uint64_t{1} << from.first
                                    : from.second & ((std::uint64_t{1} << from.first) - 1);
      });
}

rc::Gen<std::vector<order>> orders() {
  return rc::gen::resize(
      200, rc::gen::container<std::vector<order>>(rc::gen::build<order>(
               rc::gen::set(&order::what,
                            rc::gen::element(act::arm, act::arm, act::disarm, act::postpone,
                                             act::advance, act::advance_a_little)),
               rc::gen::set(&order::entry, rc::gen::inRange<std::uint32_t>(0, entries_max)),
               rc::gen::set(&order::ticks, spans()))));
}

/// The wheel beside a sorted map that ought to say the same.
struct both {
  std::vector<entry> entries{entries_max};
  timing_wheel<links> wheel{links{&entries}};
  std::map<std::uint32_t, std::uint64_t> armed;  // To when it may expire at the earliest.

  void follow(const order& o) {
    switch (o.what) {
      case act::arm: return arm(o);
      case act::disarm:
        if (armed.erase(o.entry) != 0) wheel.disarm(o.entry);
        return;
      case act::postpone:
        if (!armed.contains(o.entry)) return;
        entries[o.entry].due += o.ticks;
        armed[o.entry] = std::max(entries[o.entry].due, armed[o.entry]);
        return;
      case act::advance: return advance(o.ticks, ~std::size_t{0});
      case act::advance_a_little: return advance(o.ticks, 1 + o.entry % 3);
    }
  }

  void arm(const order& o) {
    if (armed.contains(o.entry)) return;
    entries[o.entry].due = wheel.now() + o.ticks;
    wheel.arm(o.entry);
    armed[o.entry] = std::max(entries[o.entry].due, wheel.now() + 1);
  }

  void advance(std::uint64_t ticks, std::size_t most) {
    const std::uint64_t until = wheel.now() + ticks;
    const std::optional<std::uint64_t> first = first_due();
    if (first) RC_ASSERT(wheel.next_tick() <= std::max(*first, wheel.now()));
    const auto expired = [&](std::uint32_t n) {
      RC_ASSERT(armed.contains(n));
      RC_ASSERT(armed[n] <= until);
      armed.erase(n);
    };
    while (!wheel.advance(until, expired, most)) {
    }
    RC_ASSERT(wheel.now() == until);
    for (const auto& [n, due] : armed) RC_ASSERT(due > until);
  }

  [[nodiscard]] std::optional<std::uint64_t> first_due() const {
    std::optional<std::uint64_t> first;
    for (const auto& [n, due] : armed) first = std::min(first.value_or(due), due);
    return first;
  }

  void compare() const {
    RC_ASSERT(wheel.size() == armed.size());
    for (std::uint32_t n = 0; n < entries_max; ++n) RC_ASSERT(wheel.armed(n) == armed.contains(n));
    RC_ASSERT((wheel.next_tick() == 0) == armed.empty());
  }
};

}  // namespace

TEST_CASE("Whatever is armed, taken back and postponed, the wheel does what a sorted list does",
          "[properties]") {
  holds("the wheel is a sorted list", [] {
    both pair;
    for (const order& o : *orders()) {
      pair.follow(o);
      pair.compare();
    }
    pair.advance(std::uint64_t{1} << 45U, ~std::size_t{0});
    pair.compare();
    RC_ASSERT(pair.armed.empty());
  });
}
