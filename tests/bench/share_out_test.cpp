#include "share_out.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <vector>

using namespace bench;

TEST_CASE("every turn is somebody's, once", "[bench][share]") {
  constexpr std::uint64_t turns = 10'001;
  std::vector<std::atomic<int>> done(turns);
  std::atomic<int> ends{0};
  const auto got = share_out(
      3, turns,
      [&](std::uint64_t turn, measurement& mine) {
        ++done[turn];
        ++mine.ops;
      },
      [&](measurement&) { ++ends; });
  CHECK(got.ops == turns);
  CHECK(ends == 3);
  bool once = true;
  for (const auto& times : done) once = once && times == 1;
  CHECK(once);
  REQUIRE(got.slowest_thread_share);
  CHECK(*got.slowest_thread_share <= 1);
}

TEST_CASE("how fair it was is not told when there is too little for all", "[bench][share]") {
  const auto got = share_out(4, 5, [](std::uint64_t, measurement& mine) { ++mine.ops; });
  CHECK(got.ops == 5);
  CHECK_FALSE(got.slowest_thread_share);
}
