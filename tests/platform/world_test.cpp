#include "world.hpp"

#include <fsm/clock.hpp>

#include <boost/json/array.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using fsm::reason_code;

namespace {

// A world, its clock, and what it answered.
struct scene {
  struct answer {
    fsm::completion::result result;
    reason_code why;
    std::string text;
  };

  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  std::shared_ptr<platform::world> world;
  std::vector<answer> answers;

  explicit scene(const std::string& text) {
    auto settings = platform::apply_world({}, text);
    REQUIRE(settings);
    world = std::make_shared<platform::world>(*settings, clock);
  }

  fsm::completion listener() {
    return fsm::completion{
        [this](fsm::completion::result result, reason_code why, const std::string& text) {
          answers.push_back({result, why, text});
        }};
  }

  void ask(std::uint64_t uid, const std::string& document,
           fsm::attempt_kind kind = fsm::attempt_kind::create, std::uint32_t attempt = 1) {
    world->provision(
        {.token = {uid, attempt}, .kind = kind, .name = {}, .tenant = {}, .document = document},
        listener());
  }

  // Asks, waits until it is done, and gives the answer.
  answer make(std::uint64_t uid, const std::string& document,
              fsm::attempt_kind kind = fsm::attempt_kind::create, std::uint32_t attempt = 1) {
    answers.clear();
    ask(uid, document, kind, attempt);
    clock->advance(1h);
    REQUIRE(answers.size() == 1);
    return answers.front();
  }

  bool works(const answer& what) { return what.result == fsm::completion::result::succeeded; }

  bool release(std::uint64_t uid, std::uint32_t attempt = 1) {
    answers.clear();
    world->release({uid, attempt}, listener());
    return answers.size() == 1 && works(answers.front());
  }

  // As a runtime does for a function it brings back.
  void recover(std::uint64_t uid, std::uint32_t attempt, const std::string& document) {
    world->recovered({.token = {uid, attempt}, .name = {}, .tenant = {}, .document = document});
  }

  std::vector<fsm::attempt_token> held(fsm::attempt_token after, std::size_t limit) {
    fsm::expected<std::vector<fsm::attempt_token>> result;
    world->held(after, limit, [&](auto tokens) { result = std::move(tokens); });
    REQUIRE(result);
    return *result;
  }

  std::uint64_t in_use(std::size_t subnet = 0) {
    auto shown = world->describe();
    return shown["vpc"].at("subnets").at(subnet).at("in_use").to_number<std::uint64_t>();
  }

  std::uint64_t enis() { return world->describe()["enis_in_use"].to_number<std::uint64_t>(); }
};

const std::string networked = R"({"Role": "role", "VpcConfig":
    {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}})";
const std::string two_subnets = R"({"VpcConfig":
    {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}})";
const std::string in_second_subnet = R"({"VpcConfig":
    {"SubnetIds": ["subnet-2"], "SecurityGroupIds": ["sg-1"]}})";
constexpr auto one_address = R"({"vpc": {"subnets": [{"id": "subnet-1", "addresses": 1},
    {"id": "subnet-2", "addresses": 1}], "security_groups": ["sg-1"]}})";

}  // namespace

TEST_CASE("an attempt takes the time of its kind") {
  scene s{
      R"({"provision_time": "3s", "update_time": "2s", "restore_time": {"min": "5s", "max": "9s"}})"};
  s.ask(1, "{}");
  s.ask(2, "{}", fsm::attempt_kind::update);
  s.ask(3, "{}", fsm::attempt_kind::restore);
  s.clock->advance(1999ms);
  CHECK(s.answers.empty());
  s.clock->advance(1ms);
  CHECK(s.answers.size() == 1);
  s.clock->advance(1s);
  CHECK(s.answers.size() == 2);
  s.clock->advance(1999ms);
  CHECK(s.answers.size() == 2);
  s.clock->advance(4001ms);
  CHECK(s.answers.size() == 3);
}

TEST_CASE("an attempt that takes no time is answered at once") {
  scene s{R"({"provision_time": "0ms"})"};
  s.ask(1, "{}");
  CHECK(s.answers.size() == 1);
}

TEST_CASE("a networked function holds one address and one interface until its release") {
  scene s{one_address};
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.in_use() == 1);
  CHECK(s.enis() == 1);
  CHECK(s.release(1));
  CHECK(s.in_use() == 0);
  CHECK(s.enis() == 0);
}

TEST_CASE("a function without a network holds nothing") {
  scene s{one_address};
  CHECK(s.works(s.make(1, R"({"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}})")));
  CHECK(s.enis() == 0);
}

TEST_CASE("the next subnet is taken when one is full, and all full is SubnetOutOfIPAddresses") {
  scene s{one_address};
  CHECK(s.works(s.make(1, two_subnets)));
  CHECK(s.works(s.make(2, two_subnets)));
  CHECK(s.in_use(0) == 1);
  CHECK(s.in_use(1) == 1);
  const auto third = s.make(3, two_subnets);
  CHECK(third.result == fsm::completion::result::failed);
  CHECK(third.why == reason_code::subnet_out_of_ip_addresses);
  CHECK_FALSE(third.text.empty());
  CHECK(s.release(1));
  CHECK(s.works(s.make(3, two_subnets, fsm::attempt_kind::create, 2)));
}

TEST_CASE("an update shares the address and the interface of the version in use") {
  scene s{R"({"vpc": {"subnets": [{"id": "subnet-1", "addresses": 1}],
      "security_groups": ["sg-1"], "eni_quota": 1}})"};
  CHECK(s.works(s.make(1, networked)));
  s.ask(1, networked, fsm::attempt_kind::update, 2);
  CHECK(s.in_use() == 1);
  CHECK(s.works(s.make(1, networked, fsm::attempt_kind::update, 2)));
  CHECK(s.in_use() == 1);
  CHECK(s.make(2, networked).why == reason_code::eni_limit_exceeded);
  CHECK(s.release(1, 1));
  CHECK(s.release(1, 1));
  CHECK(s.in_use() == 1);
  CHECK(s.enis() == 1);
  CHECK(s.release(1, 2));
  CHECK(s.enis() == 0);
  CHECK(s.works(s.make(2, networked)));
}

TEST_CASE("an update to another subnet takes an address there and frees the old one afterwards") {
  scene s{one_address};
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.works(s.make(1, in_second_subnet, fsm::attempt_kind::update, 2)));
  CHECK(s.in_use(0) == 1);
  CHECK(s.in_use(1) == 1);
  CHECK(s.enis() == 2);
  CHECK(s.release(1, 1));
  CHECK(s.in_use(0) == 0);
  CHECK(s.in_use(1) == 1);
  CHECK(s.enis() == 1);
}

TEST_CASE("an update that adds a subnet stays where the function is, even when both are full") {
  scene s{one_address};
  CHECK(s.works(s.make(1, in_second_subnet)));
  CHECK(s.works(s.make(2, networked)));
  CHECK(s.works(s.make(1, two_subnets, fsm::attempt_kind::update, 2)));
  CHECK(s.in_use(1) == 1);
  CHECK(s.enis() == 2);
}

TEST_CASE("an update that leaves the network keeps no share") {
  scene s{one_address};
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.works(s.make(1, "{}", fsm::attempt_kind::update, 2)));
  CHECK(s.release(1, 1));
  CHECK(s.enis() == 0);
}

TEST_CASE("a failed update leaves what the version in use has") {
  scene s{one_address};
  const auto update = fsm::attempt_kind::update;
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.works(s.make(2, in_second_subnet)));
  CHECK(s.make(1, in_second_subnet, update, 2).why == reason_code::subnet_out_of_ip_addresses);
  CHECK(s.release(1, 2));
  CHECK(s.in_use() == 1);
  REQUIRE(s.world->replace(R"({"roles_without_eni_permission": ["role"]})"));
  CHECK(s.make(1, networked, update, 3).why == reason_code::insufficient_role_permissions);
  CHECK(s.release(1, 3));
  REQUIRE(s.world->replace(R"({"vpc": {"subnets": [{"id": "subnet-2", "addresses": 1}]}})"));
  CHECK(s.make(1, two_subnets, update, 4).why == reason_code::invalid_subnet);
  CHECK(s.release(1, 4));
  CHECK(s.enis() == 2);
  CHECK(s.release(1, 1));
  CHECK(s.enis() == 1);
}

TEST_CASE("a delete during an update frees what is shared once") {
  scene s{one_address};
  const auto update = fsm::attempt_kind::update;
  const auto at_work = GENERATE(true, false);
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.works(s.make(2, in_second_subnet)));
  if (at_work) {
    s.ask(1, networked, update, 2);
  } else {
    CHECK(s.works(s.make(1, networked, update, 2)));
  }
  CHECK(s.release(1, 2));
  CHECK(s.in_use() == 1);
  CHECK(s.release(1, 1));
  CHECK(s.in_use() == 0);
  s.clock->advance(1h);
  CHECK(s.release(1, 2));
  CHECK(s.release(1, 1));
  CHECK(s.in_use(0) == 0);
  CHECK(s.in_use(1) == 1);
  CHECK(s.enis() == 1);
}

TEST_CASE("the same token asked again is answered with what was made for it") {
  scene s{one_address};
  CHECK(s.works(s.make(1, networked)));
  s.answers.clear();
  s.ask(1, networked);
  CHECK(s.answers.size() == 1);
  CHECK(s.works(s.answers.front()));
  CHECK(s.in_use() == 1);
}

TEST_CASE("a try that is asked for again joins the one at work") {
  scene s{R"({"provision_time": "10s"})"};
  s.ask(1, "{}");
  s.clock->advance(6s);
  s.ask(1, "{}");
  s.clock->advance(4s);
  CHECK(s.answers.size() == 1);
}

TEST_CASE("release is idempotent and stops what is at work") {
  scene s{one_address};
  CHECK(s.release(7));
  s.ask(1, networked);
  CHECK(s.release(1));
  s.answers.clear();
  s.clock->advance(1h);
  CHECK(s.answers.empty());
  CHECK(s.in_use() == 0);
  CHECK(s.release(1));
}

TEST_CASE("a quota of interfaces is kept") {
  scene s{
      R"({"vpc": {"subnets": [{"id": "subnet-1"}], "security_groups": ["sg-1"], "eni_quota": 1}})"};
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.make(2, networked).why == reason_code::eni_limit_exceeded);
}

TEST_CASE("what disappears after the create fails the next attempt") {
  scene s{one_address};
  REQUIRE(s.world->replace(R"({"vpc": {"security_groups": []}})"));
  CHECK(s.make(1, networked).why == reason_code::invalid_security_group);
  REQUIRE(s.world->replace(R"({"vpc": {"subnets": []}})"));
  CHECK(s.make(2, R"({"VpcConfig": {"SubnetIds": ["subnet-1"]}})").why ==
        reason_code::invalid_subnet);
}

TEST_CASE("a role without permission fails networked functions only") {
  scene s{R"({"roles_without_eni_permission": ["role"]})"};
  CHECK(s.make(1, networked).why == reason_code::insufficient_role_permissions);
  CHECK(s.works(s.make(2, R"({"Role": "role"})")));
}

TEST_CASE("deleted and denied images fail") {
  scene s{R"({"images": {"deleted": ["gone"], "denied": ["secret"]}})"};
  CHECK(s.make(1, R"({"ImageUri": "gone"})").why == reason_code::image_deleted);
  CHECK(s.make(2, R"({"ImageUri": "secret"})").why == reason_code::image_access_denied);
  CHECK(s.works(s.make(3, R"({"ImageUri": "fine"})")));
}

TEST_CASE("without networks every subnet exists and never runs out") {
  scene s{"{}"};
  CHECK_FALSE(s.world->missing_subnet({"subnet-9"}));
  for (std::uint64_t uid = 1; uid <= 300; ++uid) CHECK(s.works(s.make(uid, networked)));
  CHECK(s.enis() == 300);
}

TEST_CASE("missing subnets and groups are found by name") {
  scene s{one_address};
  CHECK(s.world->missing_subnet({"subnet-1", "subnet-9"}) == "subnet-9");
  CHECK(s.world->missing_security_group({"sg-9"}) == "sg-9");
  CHECK_FALSE(s.world->missing_security_group({"sg-1"}));
  CHECK(s.world->vpc_of("subnet-1") == "vpc-00000000");
}

TEST_CASE("chaos: a lost answer never comes, yet what was made is found by the next try") {
  scene s{
      R"({"chaos": {"lost_completion": 1}, "vpc": {"subnets": [{"id": "subnet-1"}], "security_groups": ["sg-1"]}})"};
  s.ask(1, networked);
  s.clock->advance(1h);
  CHECK(s.answers.empty());
  CHECK(s.in_use() == 1);
  s.ask(1, networked, fsm::attempt_kind::update, 2);
  s.clock->advance(1h);
  CHECK_FALSE(s.release(1));
  CHECK(s.in_use() == 1);
  REQUIRE(s.world->replace(R"({"chaos": {"lost_completion": 0}})"));
  CHECK(s.works(s.make(1, networked)));
  CHECK(s.release(1, 2));
  CHECK(s.in_use() == 1);
}

TEST_CASE("chaos: an internal error is transient and holds nothing") {
  scene s{R"({"chaos": {"internal_error": 1}})"};
  CHECK(s.make(1, networked).result == fsm::completion::result::transient);
  CHECK(s.enis() == 0);
}

TEST_CASE("chaos: an answer given twice counts once") {
  scene s{R"({"chaos": {"duplicate_completion": 1}})"};
  CHECK(s.works(s.make(1, networked)));
}

TEST_CASE("an instant world makes everything at once and keeps nothing") {
  scene s{one_address};
  s.world->set_instant(true);
  s.ask(1, networked);
  CHECK(s.answers.size() == 1);
  CHECK(s.enis() == 0);
}

TEST_CASE("what functions hold at a start is leased anew, even past quota and addresses") {
  scene s{R"({"vpc": {"subnets": [{"id": "subnet-1", "addresses": 1},
      {"id": "subnet-2", "addresses": 1}], "security_groups": ["sg-1"], "eni_quota": 2}})"};
  CHECK(s.world->wants_recovered());
  s.recover(1, 4, two_subnets);
  s.recover(2, 1, two_subnets);
  s.recover(3, 1, networked);
  s.recover(4, 1, "{}");
  CHECK(s.in_use(0) == 2);
  CHECK(s.in_use(1) == 1);
  CHECK(s.enis() == 3);
  // As before: the next attempt shares it, others find no room, and it is free when it is released.
  CHECK(s.works(s.make(1, two_subnets, fsm::attempt_kind::update, 5)));
  CHECK(s.enis() == 3);
  CHECK(s.make(5, networked).why == reason_code::eni_limit_exceeded);
  CHECK(s.release(1, 4));
  CHECK(s.enis() == 3);
  CHECK(s.release(1, 5));
  CHECK(s.release(2));
  CHECK(s.release(3));
  CHECK(s.enis() == 0);
  // Owed to somebody who has forgotten it.
  CHECK(s.release(9, 9));
}

TEST_CASE("what is held is listed in order, page by page") {
  scene s{R"({"provision_time": "1s"})"};
  for (const std::uint64_t uid : {3, 1, 2}) CHECK(s.works(s.make(uid, networked)));
  CHECK(s.works(s.make(2, networked, fsm::attempt_kind::update, 2)));
  CHECK(s.works(s.make(4, "{}")));
  s.ask(5, networked);
  using tokens = std::vector<fsm::attempt_token>;
  CHECK(s.held({}, 2) == tokens{{1, 1}, {2, 1}});
  CHECK(s.held({2, 1}, 2) == tokens{{2, 2}, {3, 1}});
  CHECK(s.held({3, 1}, 2).empty());
  s.clock->advance(1s);
  CHECK(s.held({3, 1}, 2) == tokens{{5, 1}});
  CHECK(s.release(1));
  CHECK(s.held({}, 1) == tokens{{2, 1}});
}

TEST_CASE("a world that has gone is not called by its clock") {
  scene s{"{}"};
  s.ask(1, "{}");
  s.world.reset();
  s.clock->advance(1h);
  CHECK(s.answers.empty());
}
