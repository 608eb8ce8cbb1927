#include "world_file.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <string>
#include <tuple>

using namespace std::chrono_literals;
using platform::apply_world;

namespace {

constexpr auto full = R"({
  "provision_time": "1s",
  "update_time": {"min": "60s", "max": "90s"},
  "restore_time": "0ms",
  "vpc": {
    "subnets": [ { "id": "subnet-0a1b2c3d", "vpc": "vpc-11111111", "addresses": 16 } ],
    "security_groups": [ "sg-0a1b2c3d" ],
    "eni_quota": 250
  },
  "roles_without_eni_permission": [ "arn:aws:iam::000000000000:role/no-eni" ],
  "images": { "deleted": ["a"], "denied": ["b"] },
  "chaos": { "lost_completion": 0.25, "duplicate_completion": 1, "internal_error": 0.0, "extra_delay_max": "3s" }
})";

}  // namespace

TEST_CASE("a world file is read member by member") {
  const auto world = apply_world({}, full);
  REQUIRE(world);
  CHECK(world->provision_time.min == 1s);
  CHECK(world->provision_time.max == 1s);
  CHECK(world->update_time.min == 60s);
  CHECK(world->update_time.max == 90s);
  CHECK(world->restore_time.max == 0ms);
  REQUIRE(world->vpc);
  CHECK(world->vpc->subnets.at(0).id == "subnet-0a1b2c3d");
  CHECK(world->vpc->subnets.at(0).vpc == "vpc-11111111");
  CHECK(world->vpc->subnets.at(0).addresses == 16);
  CHECK(world->vpc->security_groups == std::vector<std::string>{"sg-0a1b2c3d"});
  CHECK(world->vpc->eni_quota == 250);
  CHECK(world->images_deleted == std::vector<std::string>{"a"});
  CHECK(world->images_denied == std::vector<std::string>{"b"});
  CHECK(world->chaos.lost_completion == 0.25);
  CHECK(world->chaos.duplicate_completion == 1);
  CHECK(world->chaos.extra_delay_max == 3s);
}

TEST_CASE("every member of a world is optional") {
  const auto world = apply_world({}, "{}");
  REQUIRE(world);
  CHECK_FALSE(world->vpc);
  CHECK(world->provision_time.min == 100ms);
}

TEST_CASE("what a world shows can be read again") {
  const auto world = apply_world({}, full);
  REQUIRE(world);
  const auto text = boost::json::serialize(to_json(*world));
  const auto again = apply_world({}, text);
  REQUIRE(again);
  CHECK(boost::json::serialize(to_json(*again)) == text);
}

TEST_CASE("a change replaces what it names and leaves the rest") {
  auto world = apply_world({}, full);
  REQUIRE(world);
  world = apply_world(*world,
                      R"({"vpc": {"eni_quota": 1, "enis_in_use": 9}, "images": {"deleted": []}})");
  REQUIRE(world);
  CHECK(world->vpc->eni_quota == 1);
  CHECK(world->vpc->subnets.size() == 1);
  CHECK(world->images_deleted.empty());
  CHECK(world->images_denied.size() == 1);
  CHECK(world->provision_time.min == 1s);
  world = apply_world(*world, R"({"vpc": null})");
  REQUIRE(world);
  CHECK_FALSE(world->vpc);
}

TEST_CASE("an error in a world names the member's path, its value and the rule") {
  const auto [text, path, rule] = GENERATE(
      std::tuple{R"({"provision_tine": "1s"})", "provision_tine: \"1s\"",
                 "not a member of a world"},
      std::tuple{R"({"provision_time": "soon"})", "provision_time: \"soon\"",
                 "250ms 2s 5m 12h 14d"},
      std::tuple{R"({"provision_time": 5})", "provision_time: 5", "must be a duration"},
      std::tuple{R"({"provision_time": "-5s"})", "provision_time: \"-5s\"", "must be a duration"},
      std::tuple{R"({"update_time": {"min": "9s", "max": "1s"}})",
                 "update_time: ", "not above its max"},
      std::tuple{R"({"update_time": {"average": "9s"}})",
                 "update_time.average: ", "known here: min, max"},
      std::tuple{R"({"vpc": []})", "vpc: []", "must be an object"},
      std::tuple{R"({"vpc": {"subnets": {}}})", "vpc.subnets: {}", "must be a list"},
      std::tuple{R"({"vpc": {"subnets": [{"id": "net"}]}})", "vpc.subnets[0].id: \"net\"",
                 "look like subnet-"},
      std::tuple{R"({"vpc": {"subnets": [{"id": "subnet-1", "addresses": -1}]}})",
                 "vpc.subnets[0].addresses: -1", "an integer from 0"},
      std::tuple{R"({"vpc": {"subnets": [{"id": "subnet-1", "addresses": 1.5}]}})",
                 "vpc.subnets[0].addresses: ", "an integer from 0"},
      std::tuple{R"({"vpc": {"subnets": [{"id": "subnet-1"}, {"id": "subnet-1"}]}})",
                 "vpc.subnets: \"subnet-1\"", "only once"},
      std::tuple{R"({"vpc": {"security_groups": ["group"]}})", "vpc.security_groups: \"group\"",
                 "look like sg-"},
      std::tuple{R"({"vpc": {"eni_quota": "many"}})", "vpc.eni_quota: \"many\"",
                 "an integer from 0"},
      std::tuple{R"({"roles_without_eni_permission": [1]})", "roles_without_eni_permission[0]: 1",
                 "must be a string"},
      std::tuple{R"({"chaos": {"lost_completion": 1.5}})",
                 "chaos.lost_completion: ", "a number from 0 to 1"},
      std::tuple{R"({"chaos": {"lost_completion": "x"}})", "chaos.lost_completion: \"x\"",
                 "a number from 0 to 1"},
      std::tuple{"[]", "the world: []", "must be an object"},
      std::tuple{"{", "the world: ", "not JSON"});
  const auto world = apply_world({}, text);
  REQUIRE_FALSE(world);
  CAPTURE(world.error().message);
  CHECK(world.error().code == fsm::errc::invalid_argument);
  CHECK(world.error().message.find(path) != std::string::npos);
  CHECK(world.error().message.find(rule) != std::string::npos);
}

TEST_CASE("an error in a world shows the start of a long value, in whole characters") {
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "\u00fc";
  const auto world = apply_world({}, R"({"provision_time": "x)" + umlauts + "\"}");
  REQUIRE_FALSE(world);
  CHECK(world.error().message.starts_with("provision_time: \"x" + umlauts.substr(0, 54) + "... "));
}

TEST_CASE("a world file that is not there is an error") {
  CHECK_FALSE(platform::read_world_file("/nowhere/world.json"));
}

TEST_CASE("a folder is not a world file") { CHECK_FALSE(platform::read_world_file("/")); }
