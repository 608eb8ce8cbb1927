#include "mix.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <set>

using namespace bench;
using Catch::Approx;

namespace {

std::vector<action> drawn(const mix& from, std::uint64_t seed, std::size_t thread,
                          std::size_t count) {
  action_stream stream{from, seed, thread, 2};
  std::vector<action> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(stream.next());
  return all;
}

}  // namespace

TEST_CASE("the same seed gives each thread the same actions, and each thread its own",
          "[bench][mix]") {
  const mix from{{}, 1'000, 5};
  CHECK(drawn(from, 5, 0, 1'000) == drawn(from, 5, 0, 1'000));
  CHECK(drawn(from, 5, 0, 1'000) != drawn(from, 6, 0, 1'000));
  CHECK(drawn(from, 5, 0, 1'000) != drawn(from, 5, 1, 1'000));
}

TEST_CASE("actions are as frequent as the population says", "[bench][mix]") {
  described_population shape;
  shape.wild_share = 0;
  const mix from{shape, 1'000, 5};
  constexpr std::size_t draws = 400'000;
  std::array<double, 8> seen{};
  for (const auto& each : drawn(from, 1, 0, draws)) {
    ++seen[static_cast<std::size_t>(each.kind)];
    REQUIRE(each.function < 1'000);
  }
  const std::array<double, 6> shares{93, 3, 1.5, 0.5, 1, 1};
  for (std::size_t i = 0; i < shares.size(); ++i)
    CHECK(seen[i] / draws == Approx(shares[i] / 100).epsilon(0.1));
  // Every 200,000th and 500,000th of two threads' operations.
  CHECK(seen[6] == 1);
  CHECK(seen[7] == 0);
}

TEST_CASE("threads take turns at bursts and storms", "[bench][mix]") {
  described_population shape;
  shape.deploy_burst = {10, 5};
  shape.wake_storm = {15, 5};
  const mix from{shape, 1'000, 5};
  const auto turns = [&](std::size_t thread, action_kind kind) {
    std::vector<std::size_t> at;
    const auto all = drawn(from, 1, thread, 70);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].kind == kind) at.push_back(i + 1);
    }
    return at;
  };
  CHECK(turns(0, action_kind::deploy_burst) == std::vector<std::size_t>{10, 30, 50, 70});
  CHECK(turns(1, action_kind::deploy_burst) == std::vector<std::size_t>{20, 40, 60});
  CHECK(turns(0, action_kind::wake_storm).size() == 2);
}

TEST_CASE("a surge that happens every 0 operations never happens", "[bench][mix]") {
  described_population shape;
  shape.deploy_burst.every_operations = 0;
  shape.wake_storm.every_operations = 0;
  const mix from{shape, 10, 5};
  for (const auto& each : drawn(from, 1, 0, 10'000)) {
    CHECK(each.kind != action_kind::deploy_burst);
    CHECK(each.kind != action_kind::wake_storm);
  }
}

TEST_CASE("the wild tenant calls its own functions only, beyond its due", "[bench][mix]") {
  described_population shape;
  shape.operations = {.invoke = 0, .get = 1, .update = 0, .list = 0, .create = 0, .remove = 0};
  shape.wild_share = 0.25;
  shape.wild_update_share = 0.5;
  shape.tenants = 10;
  const mix from{shape, 1'000, 5};
  double updates = 0;
  double invokes = 0;
  for (const auto& each : drawn(from, 1, 0, 100'000)) {
    if (each.kind == action_kind::get) continue;
    CHECK(from.tenant_of(each.function) == 0);
    updates += each.kind == action_kind::update;
    invokes += each.kind == action_kind::invoke;
  }
  CHECK(updates == Approx(12'500).epsilon(0.05));
  CHECK(invokes == Approx(12'500).epsilon(0.05));
}

TEST_CASE("tenants own equal parts, at most one per function", "[bench][mix]") {
  const mix from{{}, 10'000, 5};
  CHECK(from.request_for(0).tenant == "tenant-00000");
  CHECK(from.request_for(9).tenant == "tenant-00000");
  CHECK(from.request_for(10).tenant == "tenant-00001");
  CHECK(from.request_for(9'999).tenant == "tenant-00999");
  CHECK(from.request_for(9'999).idle_after == from.request_for(9'999).idle_after);
  const mix small{{}, 3, 5};
  CHECK(small.tenants() == 3);
  CHECK(small.request_for(2).tenant == "tenant-00002");
}
