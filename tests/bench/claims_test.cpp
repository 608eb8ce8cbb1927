#include "claims.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <thread>
#include <vector>

using bench::claims;

TEST_CASE("what is taken is nobody else's until it is given back", "[bench][claims]") {
  claims some{130};
  for (const std::uint64_t which : {0U, 63U, 64U, 129U}) {
    CHECK(some.try_take(which));
    CHECK_FALSE(some.try_take(which));
  }
  CHECK(some.try_take(1));
  some.give_back(63);
  CHECK(some.try_take(63));
  CHECK_FALSE(some.try_take(64));
}

TEST_CASE("of several threads only one at a time has it", "[bench][claims]") {
  claims one{1};
  int inside = 0;  // Guarded by the claim.
  int most = 0;
  std::uint64_t turns = 0;
  const auto work = [&] {
    for (int i = 0; i < 1'000; ++i) {
      while (!one.try_take(0)) std::this_thread::yield();
      most = std::max(most, ++inside);
      ++turns;
      --inside;
      one.give_back(0);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  }
  CHECK(most == 1);
  CHECK(turns == 4'000);
}
