#include "timing_wheel.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

using fsm::detail::timing_wheel;

namespace {

constexpr std::uint32_t none = 0xFFFF'FFFF;

struct entry {
  std::uint32_t next = none;
  std::uint32_t previous = none;
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

struct fixture {
  explicit fixture(std::size_t count) : entries(count), wheel{links{&entries}} {}
  std::vector<entry> entries;
  timing_wheel<links> wheel;

  void arm(std::uint32_t n, std::uint64_t due) {
    entries[n].due = due;
    wheel.arm(n);
  }
  [[nodiscard]] std::vector<std::uint32_t> advance(std::uint64_t tick) {
    std::vector<std::uint32_t> expired;
    wheel.advance(tick, [&expired](std::uint32_t n) { expired.push_back(n); });
    return expired;
  }
};

constexpr std::uint64_t year = std::uint64_t{365} * 24 * 3600 * 1000;

}  // namespace

TEST_CASE("An entry expires at its tick, not one earlier, and is then no longer armed",
          "[timing_wheel]") {
  fixture f{1};
  const std::uint64_t due =
      GENERATE(1ULL, 63ULL, 64ULL, 65ULL, 4095ULL, 4096ULL, 1'000'003ULL, year, 10 * year);
  f.arm(0, due);
  CHECK(f.advance(due - 1).empty());
  CHECK(f.wheel.armed(0));
  CHECK(f.advance(due) == std::vector<std::uint32_t>{0});
  CHECK_FALSE(f.wheel.armed(0));
  CHECK(f.wheel.size() == 0);
}

TEST_CASE("A deadline that is past becomes due with the next tick", "[timing_wheel]") {
  fixture f{1};
  static_cast<void>(f.advance(1000));
  f.arm(0, 5);
  CHECK(f.wheel.next_tick() == 1001);
  CHECK(f.advance(1000).empty());
  CHECK(f.advance(1001).size() == 1);
}

TEST_CASE("An entry that was taken back does not expire", "[timing_wheel]") {
  fixture f{3};
  for (std::uint32_t n = 0; n < 3; ++n) f.arm(n, 100);
  f.wheel.disarm(1);
  CHECK_FALSE(f.wheel.armed(1));
  auto expired = f.advance(200);
  std::sort(expired.begin(), expired.end());
  CHECK(expired == std::vector<std::uint32_t>{0, 2});
}

TEST_CASE("A deadline that has moved to later while armed is waited for", "[timing_wheel]") {
  fixture f{1};
  f.arm(0, 100);
  f.entries[0].due = 5'000;
  CHECK(f.advance(4'999).empty());
  CHECK(f.advance(5'000).size() == 1);
}

TEST_CASE("What expires may arm itself and others again", "[timing_wheel]") {
  fixture f{2};
  f.arm(0, 10);
  int count = 0;
  f.wheel.advance(100, [&](std::uint32_t n) {
    ++count;
    if (n == 0 && count < 5) {
      f.arm(0, f.wheel.now() + 10);
      if (!f.wheel.armed(1)) f.arm(1, f.wheel.now() + 1);
    }
  });
  // 0 at 10, 20 (and then no more), 1 after each.
  CHECK(count >= 4);
  CHECK(f.wheel.size() <= 1);
}

TEST_CASE("Time beyond what the levels cover is still waited for", "[timing_wheel]") {
  fixture f{1};
  const std::uint64_t due = std::uint64_t{1} << 52U;
  f.arm(0, due);
  CHECK(f.advance(due - 1).empty());
  CHECK(f.advance(due).size() == 1);
}

TEST_CASE("The wheel agrees with a sorted list under random arms, disarms, moves and jumps",
          "[timing_wheel]") {
  constexpr std::uint32_t count = 300;
  const auto seed = GENERATE(range(1U, 21U));
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  fixture f{count};
  std::map<std::uint32_t, std::uint64_t> model;  // Armed entries and when they are due.
  const auto span = [&random] {
    // All magnitudes alike: from one tick to years.
    const auto bits = random() % 36;
    return random() % ((std::uint64_t{1} << bits) + 1);
  };
  for (int i = 0; i < 4'000; ++i) {
    const auto n = static_cast<std::uint32_t>(random() % count);
    const std::uint64_t now = f.wheel.now();
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        if (!f.wheel.armed(n)) {
          const std::uint64_t due = random() % 16 == 0 ? now - std::min(now, span()) : now + span();
          f.arm(n, due);
          model[n] = std::max(due, now + 1);
        }
        break;
      case 3:
        REQUIRE(f.wheel.armed(n) == model.contains(n));
        if (f.wheel.armed(n)) {
          f.wheel.disarm(n);
          model.erase(n);
        }
        break;
      case 4:
        if (f.wheel.armed(n)) {
          f.entries[n].due = model[n] + span();
          model[n] = f.entries[n].due;
        }
        break;
      default: {
        const std::uint64_t target =
            random() % 50 == 0 ? now + year * (random() % 4) : now + span();
        std::uint64_t last = now;
        f.wheel.advance(target, [&](std::uint32_t expired) {
          const auto found = model.find(expired);
          REQUIRE(found != model.end());
          // In one go, but for the 64 ticks time is in; never before its tick.
          if ((target ^ now) < 64) REQUIRE(found->second == f.wheel.now());
          REQUIRE(found->second <= f.wheel.now());
          REQUIRE(f.wheel.now() >= last);
          last = f.wheel.now();
          model.erase(found);
        });
        REQUIRE(f.wheel.now() == target);
        for (const auto& [armed, due] : model) {
          if (due <= target)
            FAIL("entry " << armed << " was due at " << due << ", and it is " << target);
        }
      }
    }
    REQUIRE(f.wheel.size() == model.size());
    if (model.empty()) {
      REQUIRE(f.wheel.next_tick() == 0);
    } else {
      std::uint64_t first = ~std::uint64_t{0};
      for (const auto& [armed, due] : model) first = std::min(first, due);
      REQUIRE(f.wheel.next_tick() <= first);
      REQUIRE(f.wheel.next_tick() > f.wheel.now());
    }
  }
}

TEST_CASE("A bounded advance looks at no more than it may, and the next one goes on with the rest",
          "[timing_wheel]") {
  fixture f{100};
  for (std::uint32_t n = 0; n < 100; ++n) f.arm(n, n < 50 ? 10 : 10'000 + n);
  std::vector<std::uint32_t> expired;
  const auto keep = [&expired](std::uint32_t n) { expired.push_back(n); };
  CHECK_FALSE(f.wheel.advance(20'000, keep, 30));
  CHECK(expired.size() == 30);
  CHECK(f.wheel.next_tick() == f.wheel.now());
  // Meanwhile others come and go, also among those that are set aside.
  const auto waiting = std::find_if(f.entries.begin(), f.entries.begin() + 50,
                                    [](const entry& e) { return e.previous != none; });
  REQUIRE(waiting != f.entries.begin() + 50);
  f.wheel.disarm(static_cast<std::uint32_t>(waiting - f.entries.begin()));
  f.arm(expired.front(), f.wheel.now() + 5);
  int calls = 1;
  while (!f.wheel.advance(20'000, keep, 30)) ++calls;
  CHECK(calls >= 3);
  CHECK(expired.size() == 100);
  CHECK(f.wheel.size() == 0);
  CHECK(f.wheel.now() == 20'000);
}

TEST_CASE("Advancing by years costs what is due, not what passes", "[timing_wheel]") {
  fixture f{1'000};
  for (std::uint32_t n = 0; n < 1'000; ++n) f.arm(n, year * n / 100 + 1);
  // A tick-by-tick wheel would need 3 * 10^11 steps.
  CHECK(f.advance(10 * year + 1).size() == 1'000);
}
