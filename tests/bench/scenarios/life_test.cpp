#include "workload.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace bench;

TEST_CASE("life takes every function through all phases", "[bench][life]") {
  settings how;
  how.functions = 500;
  how.threads = 2;
  const auto life = make_life(how);
  const auto got = life->measure({});
  CHECK(got.failures == 0);
  CHECK(got.first_failure.empty());
  CHECK(got.ops == 6 * 500);
  CHECK(life->functions() == 500);
  const auto more = life->more();
  REQUIRE(more.members.size() == 1);
  CHECK(more.members[0].first == "phases");
  const auto phases = boost::json::parse(more.members[0].second).as_array();
  const std::vector<std::string> names{"create", "invoke",       "idle",
                                       "wake",   "invoke_again", "remove"};
  REQUIRE(phases.size() == names.size());
  REQUIRE(more.remarks.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(phases[i].at("phase").as_string() == names[i].c_str());
    CHECK(phases[i].at("ops") == 500);
    CHECK(phases[i].at("seconds").to_number<double>() > 0);
    CHECK(phases[i].at("ops_per_second").to_number<double>() > 0);
    CHECK(phases[i].at("rss_bytes").to_number<std::uint64_t>() > 0);
    CHECK(more.remarks[i].starts_with(names[i] + ": "));
  }
}
