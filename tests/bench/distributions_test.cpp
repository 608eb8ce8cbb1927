#include "distributions.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

using namespace bench;
using Catch::Approx;

namespace {

constexpr int draws = 200'000;

/// Compares `seen` counts with `expected` ones by Pearson's statistic. Its mean is the number of
/// degrees of freedom f, its deviation the root of 2 f; five deviations above are about one in a
/// million, and the seeds are fixed. Bins too empty for the statistic are put together with the
/// next.
void check_fits(const std::vector<double>& seen, const std::vector<double>& expected) {
  double statistic = 0;
  double bins = 0;
  double seen_here = 0;
  double expected_here = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    seen_here += seen[i];
    expected_here += expected[i];
    if (expected_here < 5) continue;
    statistic += (seen_here - expected_here) * (seen_here - expected_here) / expected_here;
    ++bins;
    seen_here = expected_here = 0;
  }
  REQUIRE(bins > 1);
  CHECK(statistic < bins - 1 + 5 * std::sqrt(2 * (bins - 1)));
}

/// Ranks in bins that are twice as wide each time; exact ones at the start.
std::size_t bin_of(std::uint64_t rank) {
  return rank <= 8 ? rank - 1 : 5 + static_cast<std::size_t>(std::log2(static_cast<double>(rank)));
}

}  // namespace

TEST_CASE("Zipf ranks occur as often as their weights say", "[bench][distributions]") {
  const double exponent = GENERATE(0.0, 0.5, 0.99, 1.0, 1.1, 2.0);
  const double offset = GENERATE(0.0, 0.3, 50.0);
  const std::uint64_t n = GENERATE(2, 10, 100'000);
  CAPTURE(exponent, offset, n);
  const zipf_distribution zipf{n, exponent, offset};
  random_numbers random{42};
  std::vector<double> seen(bin_of(n) + 1);
  for (int i = 0; i < draws; ++i) {
    const auto rank = zipf(random);
    REQUIRE((rank >= 1 && rank <= n));
    ++seen[bin_of(rank)];
  }
  std::vector<double> expected(seen.size());
  double sum = 0;
  for (std::uint64_t k = 1; k <= n; ++k)
    sum += std::pow(static_cast<double>(k) + offset, -exponent);
  for (std::uint64_t k = 1; k <= n; ++k)
    expected[bin_of(k)] += draws / sum * std::pow(static_cast<double>(k) + offset, -exponent);
  check_fits(seen, expected);
}

TEST_CASE("of one function the Zipf rank is the first", "[bench][distributions]") {
  const zipf_distribution zipf{1, 1.1};
  random_numbers random{1};
  for (int i = 0; i < 1'000; ++i) CHECK(zipf(random) == 1);
}

TEST_CASE("the default popularity is about as skewed as that of a production trace",
          "[bench][distributions]") {
  constexpr std::uint64_t n = 1'000'000;
  const described_population shape;
  const zipf_distribution zipf{n, shape.zipf_exponent, shape.zipf_offset * n};
  random_numbers random{3};
  const std::array<std::uint64_t, 4> most_popular{100, 1'000, 10'000, 100'000};
  std::array<double, 4> share{};
  for (int i = 0; i < draws; ++i) {
    const auto rank = zipf(random);
    for (std::size_t each = 0; each < share.size(); ++each)
      share[each] += rank <= most_popular[each] ? 1.0 / draws : 0;
  }
  // What docs/benchmarks.md says of it, next to the trace.
  CHECK(share[0] == Approx(0.30).margin(0.01));
  CHECK(share[1] == Approx(0.71).margin(0.01));
  CHECK(share[2] == Approx(0.91).margin(0.01));
  CHECK(share[3] == Approx(0.98).margin(0.01));
}

TEST_CASE("an alias table draws in proportion to its weights", "[bench][distributions]") {
  const std::vector<double> weights{93, 3, 1.5, 0.5, 1, 1, 0, 40};
  const alias_table table{weights};
  random_numbers random{7};
  std::vector<double> seen(weights.size());
  for (int i = 0; i < draws; ++i) ++seen[table(random)];
  CHECK(seen[6] == 0);
  std::vector<double> expected;
  for (const double each : weights) expected.push_back(draws * each / 140);
  seen.erase(seen.begin() + 6);
  expected.erase(expected.begin() + 6);
  check_fits(seen, expected);
}

TEST_CASE("an alias table of one weight draws it always", "[bench][distributions]") {
  const std::vector<double> one{0.1};
  const alias_table table{one};
  random_numbers random{7};
  for (int i = 0; i < 100; ++i) CHECK(table(random) == 0);
}

TEST_CASE("log-normal idle times have the median and the spread they claim",
          "[bench][distributions]") {
  const idle_time_shape shape{.median_seconds = 600, .sigma = 1, .min_seconds = 1};
  const idle_times times{shape, 5};
  std::vector<double> seconds;
  for (std::uint64_t i = 0; i < draws; ++i)
    seconds.push_back(std::chrono::duration<double>(times.of(i)).count());
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double q) { return seconds[static_cast<std::size_t>(q * draws)]; };
  // The steps are 9 % apart.
  CHECK(at(0.5) == Approx(600).epsilon(0.1));
  CHECK(at(0.8413) == Approx(600 * std::exp(1)).epsilon(0.1));
  CHECK(at(0.1587) == Approx(600 * std::exp(-1)).epsilon(0.1));
  CHECK(at(0.9772) == Approx(600 * std::exp(2)).epsilon(0.1));
}

TEST_CASE("Pareto idle times have the tail they claim", "[bench][distributions]") {
  const idle_time_shape shape{
      .distribution = idle_distribution::pareto, .alpha = 1.5, .min_seconds = 60};
  const idle_times times{shape, 5};
  int beyond_ten = 0;
  int beyond_hundred = 0;
  for (std::uint64_t i = 0; i < draws; ++i) {
    // Just beside the steps, so that rounding to them does not matter.
    const auto seconds = std::chrono::duration<double>(times.of(i)).count();
    beyond_ten += seconds > 600;
    beyond_hundred += seconds > 6'000;
  }
  CHECK(beyond_ten == Approx(draws * std::pow(10, -1.5)).epsilon(0.1));
  CHECK(beyond_hundred == Approx(draws * std::pow(100, -1.5)).epsilon(0.1));
}

TEST_CASE("idle times stay in their bounds, on few enough steps for a runtime, and do not change",
          "[bench][distributions]") {
  const idle_time_shape shape{
      .median_seconds = 100, .sigma = 3, .min_seconds = 50, .max_seconds = 5'000};
  const idle_times times{shape, 5};
  const idle_times again{shape, 5};
  const idle_times other{shape, 6};
  std::map<fsm::duration, int> seen;
  int differ = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    ++seen[times.of(i)];
    CHECK(times.of(i) == again.of(i));
    differ += times.of(i) != other.of(i);
  }
  CHECK(seen.begin()->first == std::chrono::seconds{50});
  CHECK(seen.rbegin()->first == std::chrono::seconds{5'000});
  CHECK(seen.size() <= 255);
  CHECK(seen.size() > 100);
  CHECK(differ > 10'000);
}

TEST_CASE("equal bounds give one idle time", "[bench][distributions]") {
  const idle_times times{{.min_seconds = 70, .max_seconds = 70}, 1};
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(times.of(i) == std::chrono::seconds{70});
}
