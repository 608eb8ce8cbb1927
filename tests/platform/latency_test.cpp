#include "latency.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using platform::latency_window;
using namespace std::chrono_literals;

TEST_CASE("quantiles of spans are those of the sorted spans, within 3.2 %") {
  latency_window window;
  std::mt19937_64 random{1};
  std::lognormal_distribution<double> spans{5, 2};
  std::vector<double> all;
  const latency_window::time_point now{1h};
  for (int i = 0; i < 10'000; ++i) {
    const auto span = static_cast<std::int64_t>(spans(random));
    all.push_back(static_cast<double>(span));
    window.add(std::chrono::milliseconds{span}, now);
  }
  std::sort(all.begin(), all.end());
  const auto found = window.read(now);
  CHECK(found.count == 10'000);
  CHECK(found.max == all.back());
  const auto check = [&all](double share, double value) {
    const auto wanted = all[static_cast<std::size_t>(std::ceil(share * 10'000)) - 1];
    CHECK(std::abs(value - wanted) <= 0.032 * wanted + 0.5);
  };
  check(0.5, found.p50);
  check(0.9, found.p90);
  check(0.99, found.p99);
}

TEST_CASE("spans are forgotten after a minute, and not before half of one") {
  latency_window window;
  const latency_window::time_point start{1h};
  window.add(7ms, start);
  CHECK(window.read(start + 29s).count == 1);
  CHECK(window.read(start + 59s).count == 1);
  CHECK(window.read(start + 61s).count == 0);
  window.add(1h * 24 * 365, start + 61s);
  CHECK(window.read(start + 61s).max > 1e10);
  CHECK(window.read(start + 10min).count == 0);
}
