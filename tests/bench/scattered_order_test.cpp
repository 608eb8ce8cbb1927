#include "scattered_order.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <vector>

using bench::scattered_order;

TEST_CASE("a scattered order visits every number once, and tells whose turn was when",
          "[bench][order]") {
  const std::uint64_t count = GENERATE(1U, 2U, 3U, 4U, 10U, 16U, 97U, 1'000U, 30'030U, 65'536U);
  const scattered_order order{count};
  CHECK(order.size() == count);
  std::vector<bool> seen(count);
  for (std::uint64_t turn = 0; turn < count; ++turn) {
    const auto number = order[turn];
    REQUIRE(number < count);
    REQUIRE_FALSE(seen[number]);
    seen[number] = true;
    REQUIRE(order.turn_of(number) == turn);
  }
}

TEST_CASE("neighbours of a scattered order are far apart", "[bench][order]") {
  const scattered_order order{10'000'000};
  for (std::uint64_t turn = 0; turn < 1'000; ++turn) {
    const auto here = order[turn];
    const auto next = order[turn + 1];
    REQUIRE((here > next ? here - next : next - here) > 1'000'000);
  }
  const scattered_order largest{std::uint64_t{1} << 26};
  CHECK(largest.turn_of(largest[67'000'000]) == 67'000'000);
}
