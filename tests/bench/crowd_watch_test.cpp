#include "crowd_watch.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace bench;

TEST_CASE("a crowd is watched until all are through, each with its latency", "[bench][crowd]") {
  std::uint64_t looks = 0;
  const auto got =
      watch_crowd({"get there", 100, [&] { return ++looks * 30; }, {}}, bench::clock::now());
  CHECK(looks == 4);
  CHECK(got.ops == 100);  // Not the 120 that were seen at last.
  CHECK(got.failures == 0);
  CHECK(got.latency.count() == 100);
  CHECK(got.seconds > 0);
  CHECK(got.latency.max_us() <= got.seconds * 1e6);
}

TEST_CASE("nobody to watch takes no look", "[bench][crowd]") {
  const auto got = watch_crowd({"get there",
                                0,
                                []() -> std::uint64_t {
                                  FAIL("looked");
                                  return 0;
                                },
                                {}},
                               bench::clock::now());
  CHECK(got.ops == 0);
}

TEST_CASE("a watch that is given up counts those who were through", "[bench][crowd]") {
  std::uint64_t looks = 0;
  const auto got = watch_crowd(
      {"get there", 100, [&] { return ++looks; }, [&] { return looks == 7; }}, bench::clock::now());
  CHECK(got.ops == 7);
  CHECK(got.failures == 0);
}
