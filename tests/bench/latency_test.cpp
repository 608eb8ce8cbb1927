#include "latency.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

using bench::latency_histogram;
using bench::nanoseconds;
using Catch::Matchers::WithinRel;

namespace {
constexpr double bin_width = 0.024;
}

TEST_CASE("an empty histogram has no latencies", "[bench][latency]") {
  const latency_histogram none;
  CHECK(none.count() == 0);
  CHECK(none.quantile_us(0.5) == 0);
  CHECK(none.max_us() == 0);
}

TEST_CASE("quantiles are within a bin of the exact ones", "[bench][latency]") {
  latency_histogram some;
  for (int i = 1; i <= 10'000; ++i) some.add(nanoseconds{i * 1e3});
  CHECK(some.count() == 10'000);
  CHECK_THAT(some.quantile_us(0.5), WithinRel(5'000, bin_width));
  CHECK_THAT(some.quantile_us(0.9), WithinRel(9'000, bin_width));
  CHECK_THAT(some.quantile_us(0.999), WithinRel(9'990, bin_width));
  CHECK(some.quantile_us(1) == 10'000);
  CHECK(some.max_us() == 10'000);
}

TEST_CASE("a single latency is every quantile, exactly", "[bench][latency]") {
  latency_histogram one;
  one.add(nanoseconds{1234.5});
  CHECK(one.quantile_us(0) == 1.2345);
  CHECK(one.quantile_us(0.5) == 1.2345);
  CHECK(one.quantile_us(1) == 1.2345);
}

TEST_CASE("latencies beyond the bins are counted", "[bench][latency]") {
  latency_histogram some;
  some.add(nanoseconds{0});
  some.add(nanoseconds{1e13});
  CHECK(some.count() == 2);
  CHECK(some.max_us() == 1e10);
  CHECK(some.quantile_us(1) == 1e10);
}

TEST_CASE("merged histograms are as one", "[bench][latency]") {
  latency_histogram low;
  latency_histogram high;
  for (int i = 0; i < 90; ++i) low.add(nanoseconds{1e3});
  for (int i = 0; i < 10; ++i) high.add(nanoseconds{1e6});
  low.merge(high);
  CHECK(low.count() == 100);
  CHECK_THAT(low.quantile_us(0.9), WithinRel(1, bin_width));
  CHECK_THAT(low.quantile_us(0.91), WithinRel(1'000, bin_width));
  CHECK(low.max_us() == 1'000);
}

TEST_CASE("many operations that took the same are as so many additions", "[bench][latency]") {
  latency_histogram some;
  some.add(nanoseconds{1e3}, 90);
  some.add(nanoseconds{1e6}, 10);
  some.add(nanoseconds{1e9}, 0);
  CHECK(some.count() == 100);
  CHECK_THAT(some.quantile_us(0.9), WithinRel(1, bin_width));
  CHECK_THAT(some.quantile_us(0.91), WithinRel(1'000, bin_width));
  CHECK(some.max_us() == 1'000);
}
