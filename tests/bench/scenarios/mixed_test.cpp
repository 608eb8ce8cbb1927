#include "workload.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace bench;

namespace {

settings small() {
  settings how;
  how.functions = 300;
  how.threads = 2;
  return how;
}

boost::json::object mix_of(const workload& what) {
  const auto more = what.more();
  REQUIRE(more.members.size() == 1);
  REQUIRE(more.members[0].first == "mix");
  return boost::json::parse(more.members[0].second).as_object();
}

std::int64_t total(const boost::json::object& calls) {
  std::int64_t sum = 0;
  for (const auto& kind : calls) {
    for (const auto& answer : kind.value().as_object()) sum += answer.value().as_int64();
  }
  return sum;
}

}  // namespace

TEST_CASE("mixed makes every kind of call and counts each answer", "[bench][mixed]") {
  auto how = small();
  how.population.operations = {5, 1, 1, 1, 1, 1};
  how.population.deploy_burst = {100, 20};
  how.population.wake_storm = {100, 5};
  const auto mixed = make_mixed(how);
  const auto got = mixed->measure({.seconds = 0.2, .rate = 0});
  CHECK(got.failures == 0);
  CHECK(got.first_failure.empty());
  const auto told = mix_of(*mixed);
  const auto& calls = told.at("calls").as_object();
  CHECK(total(calls) == static_cast<std::int64_t>(got.ops));
  for (const auto& kind : calls) CHECK(kind.value().at("accepted").as_int64() > 0);
  // What is deleted is created again, or missed.
  CHECK(calls.at("create").at("already_exists").as_int64() > 0);
  CHECK(told.at("deploy_bursts").as_int64() > 0);
  CHECK(told.at("wake_storms").as_int64() > 0);
  CHECK(told.at("simulated_seconds").to_number<double>() >= 100 * 0.2);
}

TEST_CASE("in mixed idle functions become Inactive, and invocations bring them back",
          "[bench][mixed]") {
  auto how = small();
  how.population.operations = {1, 0, 0, 0, 0, 0};
  how.population.wild_share = 0;
  how.population.zipf_exponent = 0;
  how.population.wake_storm = {0, 1};
  how.population.idle_time.max_seconds = how.population.idle_time.min_seconds = 20;
  how.population.time_factor = 1000;
  const auto mixed = make_mixed(how);
  // One invocation in 10 ms: each function is left alone for some seconds, and idle after 20 ms.
  const auto got = mixed->measure({.seconds = 0.5, .rate = 100});
  CHECK(got.failures == 0);
  const auto told = mix_of(*mixed);
  CHECK(told.at("calls").at("invoke").at("function_initializing").as_int64() > 0);
  CHECK(told.at("inactive").as_int64() > 200);
}

TEST_CASE("each measurement of mixed counts anew", "[bench][mixed]") {
  auto how = small();
  const auto mixed = make_mixed(how);
  for (int i = 0; i < 2; ++i) {
    const auto got = mixed->measure({.seconds = 0.1, .rate = 1'000});
    CHECK(total(mix_of(*mixed).at("calls").as_object()) == static_cast<std::int64_t>(got.ops));
  }
}
