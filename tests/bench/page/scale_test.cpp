#include "page/scale.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <vector>

using bench::scale;
using Catch::Approx;

namespace {

void check_ticks(const scale& axis, const std::vector<double>& expected) {
  REQUIRE(axis.ticks().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(axis.ticks()[i] == Approx(expected[i]));
  }
}

}  // namespace

TEST_CASE("a linear scale begins at zero and ends at a round number", "[bench][page]") {
  const auto axis = scale::linear(410, 4);
  check_ticks(axis, {0, 200, 400, 600});
  CHECK(axis.at(0) == 0);
  CHECK(axis.at(300) == Approx(0.5));
  CHECK(axis.at(600) == Approx(1));
}

TEST_CASE("a value that is round already ends a linear scale", "[bench][page]") {
  check_ticks(scale::linear(1, 2), {0, 0.5, 1});
}

TEST_CASE("a logarithmic scale puts equal factors at equal distances", "[bench][page]") {
  const auto axis = scale::logarithmic(1'000, 10'000'000);
  check_ticks(axis, {1e3, 1e4, 1e5, 1e6, 1e7});
  CHECK(axis.at(1e3) == 0);
  CHECK(axis.at(1e5) == Approx(0.5));
  CHECK(axis.at(1e7) == Approx(1));
}

TEST_CASE("a short logarithmic scale has ticks at 1, 2 and 5", "[bench][page]") {
  check_ticks(scale::logarithmic(0.29, 8.0, 6), {0.2, 0.5, 1, 2, 5, 10});
}

TEST_CASE("a logarithmic scale with one power of ten also names its ends", "[bench][page]") {
  check_ticks(scale::logarithmic(210, 4'500, 4), {200, 1'000, 5'000});
}

TEST_CASE("a long logarithmic scale leaves powers of ten out", "[bench][page]") {
  const auto axis = scale::logarithmic(1e-3, 1e7);
  CHECK(axis.ticks().size() <= 5);
  CHECK(axis.ticks().size() >= 3);
}

TEST_CASE("a logarithmic scale of one value has a width", "[bench][page]") {
  const auto axis = scale::logarithmic(1'000, 1'000);
  CHECK(axis.at(1'000) == 0);
  CHECK(axis.ticks().size() >= 2);
  const auto other = scale::logarithmic(7.3e6, 7.3e6);
  CHECK(other.at(7.3e6) > 0);
  CHECK(other.at(7.3e6) < 1);
}

TEST_CASE("values that no axis can show stay on it", "[bench][page]") {
  const auto infinite = std::numeric_limits<double>::infinity();
  for (const auto& axis : {scale::linear(0), scale::logarithmic(0, 0), scale::linear(infinite),
                           scale::logarithmic(1e-310, infinite)}) {
    for (const double odd : {0.0, -1.0, infinite, std::numeric_limits<double>::quiet_NaN()}) {
      CHECK(axis.at(odd) >= 0);
      CHECK(axis.at(odd) <= 1);
    }
    CHECK(axis.ticks().size() >= 2);
    CHECK(axis.ticks().size() <= 8);
  }
}
