#include "described_population.hpp"

#include "flags.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fstream>
#include <iterator>

using namespace bench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::MessageMatches;

namespace {

const std::string default_file = FSM_SOURCE_DIR "/bench/populations/default.json";

std::string text_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void refused(const std::string& text, const std::string& why) {
  CAPTURE(text);
  CHECK_THROWS_MATCHES(parse_population(text), usage_error, Message(why));
}

/// Every member differs from the default.
described_population other_than_default() {
  described_population other;
  other.operations = {1, 2, 3, 4, 5, 6};
  other.zipf_exponent = 2;
  other.zipf_offset = 0.5;
  other.idle_time = {idle_distribution::pareto, 1, 2, 1.2, 4, 5};
  other.tenants = 7;
  other.wild_share = 0.1;
  other.wild_update_share = 0.2;
  other.deploy_burst = {8, 9};
  other.wake_storm = {10, 11};
  other.time_factor = 12;
  return other;
}

}  // namespace

TEST_CASE("the written-out default population is the built-in one, member by member",
          "[bench][population]") {
  CHECK(read_population_file(default_file) == described_population{});
  // Also when read over something else: so no member is missing in the file.
  CHECK(parse_population(text_of(default_file), other_than_default()) == described_population{});
}

TEST_CASE("members that are left out keep their defaults", "[bench][population]") {
  CHECK(parse_population("{}") == described_population{});
  auto expected = described_population{};
  expected.time_factor = 5;
  expected.operations.list = 0;
  CHECK(parse_population(R"({"time_factor": 5, "operations": {"list": 0}})") == expected);
}

TEST_CASE("a Pareto distribution of idle times is read with its own member",
          "[bench][population]") {
  const auto got = parse_population(
      R"({"idle_time": {"distribution": "pareto", "alpha": 0.9, "min_seconds": 60}})");
  CHECK(got.idle_time.distribution == idle_distribution::pareto);
  CHECK(got.idle_time.alpha == 0.9);
  CHECK(got.idle_time.min_seconds == 60);
}

TEST_CASE("an unknown member of a population is named, and so are the known ones",
          "[bench][population]") {
  refused(R"({"speed": 3})",
          "speed: 3 is not a known member (known: operations popularity idle_time tenants "
          "wild_tenant deploy_burst wake_storm time_factor)");
  refused(R"({"operations": {"fly": 1}})",
          "operations.fly: 1 is not a known member (known: invoke get update list create delete)");
  refused(R"({"idle_time": {"alpha": 1}})",
          "idle_time.alpha: 1 is not a known member (known: distribution median_seconds sigma "
          "min_seconds max_seconds)");
  refused(R"({"wake_storm": {"size": [1]}})",
          "wake_storm.size: [1] is not a known member (known: every_operations functions)");
}

TEST_CASE("a wrong type in a population is named with value and rule", "[bench][population]") {
  refused(R"({"time_factor": "fast"})", R"(time_factor: "fast" is not a number from 1 to 1000)");
  refused(R"({"tenants": 1.5})", "tenants: 1.5E0 is not a whole number from 1 to 65534");
  refused(R"({"tenants": null})", "tenants: null is not a whole number from 1 to 65534");
  refused(R"({"operations": 3})", "operations: 3 is not an object");
  refused(R"([1])", "the population: [1] is not an object");
  refused(R"({"idle_time": {"distribution": "normal"}})",
          R"(idle_time.distribution: "normal" is not "log_normal" or "pareto")");
}

TEST_CASE("a number out of range in a population is named with value and rule",
          "[bench][population]") {
  refused(R"({"operations": {"get": -1}})", "operations.get: -1 is not a number from 0 to 1000000");
  refused(R"({"popularity": {"zipf_exponent": 4.5}})",
          "popularity.zipf_exponent: 4.5E0 is not a number from 0 to 4");
  refused(R"({"idle_time": {"sigma": -1}})", "idle_time.sigma: -1 is not a number from 0 to 10");
  refused(R"({"popularity": {"zipf_offset": 2}})",
          "popularity.zipf_offset: 2 is not a number from 0 to 1");
  refused(R"({"tenants": 0})", "tenants: 0 is not a whole number from 1 to 65534");
  refused(R"({"tenants": -1})", "tenants: -1 is not a whole number from 1 to 65534");
  refused(R"({"wild_tenant": {"share": 1}})", "wild_tenant.share: 1 is not a number from 0 to 0.9");
  refused(R"({"deploy_burst": {"functions": 0}})",
          "deploy_burst.functions: 0 is not a whole number from 1 to 1000000");
  refused(R"({"time_factor": 0})", "time_factor: 0 is not a number from 1 to 1000");
  refused(R"({"time_factor": 18446744073709551615})",
          "time_factor: 18446744073709551615 is not a number from 1 to 1000");
}

TEST_CASE("members of a population that do not fit together are named", "[bench][population]") {
  refused(R"({"operations": {"invoke": 0, "get": 0, "update": 0, "list": 0, "create": 0,
              "delete": 0}})",
          R"(operations: {"invoke":0,"get":0,"update":0,"list":0,... is not at least one share )"
          "above 0");
  refused(R"({"idle_time": {"min_seconds": 9000000}})",
          "idle_time.min_seconds: 9000000 is not at most idle_time.max_seconds (1209600)");
  refused(R"({"idle_time": {"min_seconds": 1}})",
          "idle_time.min_seconds: 1 is not at least 0.02 times time_factor (2)");
}

TEST_CASE("what is wrong with a population file is said with its name", "[bench][population]") {
  CHECK_THROWS_MATCHES(read_population_file("/no/such/file"), usage_error,
                       Message("--population: /no/such/file is not a file that can be read"));
  CHECK_THROWS_MATCHES(read_population_file("/"), usage_error,
                       Message("--population: / is not a file that can be read"));
  CHECK_THROWS_MATCHES(read_population_file(FSM_SOURCE_DIR "/README.md"), usage_error,
                       MessageMatches(ContainsSubstring("README.md: the text is not JSON (")));
}
