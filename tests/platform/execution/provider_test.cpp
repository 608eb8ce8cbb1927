#include "execution/provider.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using fsm::attempt_token;
using fsm::reason_code;
using platform::execution::executor;
using platform::execution::version;
using result = fsm::completion::result;

namespace {

// Answers when it is told to.
class told_executor final : public executor {
public:
  std::vector<std::pair<version, fsm::completion>> started;
  std::vector<std::pair<attempt_token, fsm::completion>> stopped;
  std::vector<attempt_token> running;

  void start(version what, fsm::completion done) override {
    started.emplace_back(std::move(what), std::move(done));
  }
  void stop(const attempt_token& which, fsm::completion done) override {
    stopped.emplace_back(which, std::move(done));
  }
  [[nodiscard]] std::vector<attempt_token> held(const attempt_token& after,
                                                std::size_t limit) const override {
    std::vector<attempt_token> all;
    for (const auto& each : running) {
      if (each > after && all.size() < limit) all.push_back(each);
    }
    return all;
  }
  cancel run(platform::invoke::invocation, finished) override { return {}; }
};

struct scene {
  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  std::shared_ptr<platform::world> cloud;
  std::shared_ptr<told_executor> runs = std::make_shared<told_executor>();
  std::optional<platform::execution::provider> provider;
  std::vector<std::pair<result, reason_code>> answers;

  explicit scene(const std::string& world = "{}") {
    auto settings = platform::apply_world({}, world);
    REQUIRE(settings);
    cloud = std::make_shared<platform::world>(*settings, clock);
    provider.emplace(cloud, runs);
  }

  fsm::completion listener() {
    return fsm::completion{[this](result what, reason_code why, const std::string&) {
      answers.emplace_back(what, why);
    }};
  }
  void ask(std::string document, fsm::attempt_kind kind = fsm::attempt_kind::create) {
    provider->provision(
        {.token = {1, 1}, .kind = kind, .name = "f", .tenant = {}, .document = std::move(document)},
        listener());
    clock->advance(std::chrono::hours{1});
  }
};

const std::string in_network = R"({"VpcConfig":{"SubnetIds":["subnet-1"],"SecurityGroupIds":[]}})";
const std::string full =
    R"({"vpc":{"subnets":[{"id":"subnet-1","vpc":"vpc-1","addresses":0}],"security_groups":[]}})";

}  // namespace

TEST_CASE("A function is ready when the cloud and its environment are") {
  scene s;
  s.ask(in_network);
  REQUIRE(s.runs->started.size() == 1);
  CHECK(s.runs->started.front().first.name == "f");
  CHECK(*s.runs->started.front().first.document == in_network);
  CHECK(s.answers.empty());
  s.runs->started.front().second.succeeded();
  CHECK(s.answers == std::vector{std::pair{result::succeeded, reason_code::none}});
}

TEST_CASE("Nothing is started where the cloud has no room") {
  scene s{full};
  s.ask(in_network);
  CHECK(s.runs->started.empty());
  CHECK(s.answers ==
        std::vector{std::pair{result::failed, reason_code::subnet_out_of_ip_addresses}});
}

TEST_CASE("An environment that does not start fails the attempt with its reason") {
  scene s;
  s.ask("{}");
  s.runs->started.front().second.failed(reason_code::function_error, "no");
  CHECK(s.answers == std::vector{std::pair{result::failed, reason_code::function_error}});
}

TEST_CASE("A version that takes over what its function has starts nothing, until it is restored") {
  scene s;
  s.ask(R"({"Prepared":true})");
  CHECK(s.runs->started.empty());
  CHECK(s.answers == std::vector{std::pair{result::succeeded, reason_code::none}});
  s.ask(R"({"Prepared":true})", fsm::attempt_kind::restore);
  CHECK(s.runs->started.size() == 1);
}

TEST_CASE("Addresses are given back when the environments are gone") {
  scene s;
  s.ask(in_network);
  s.runs->started.front().second.succeeded();
  REQUIRE(s.cloud->describe().at("enis_in_use").to_number<int>() == 1);
  s.provider->release({1, 1}, s.listener());
  REQUIRE(s.runs->stopped.size() == 1);
  CHECK(s.answers.size() == 1);
  CHECK(s.cloud->describe().at("enis_in_use").to_number<int>() == 1);
  s.runs->stopped.front().second.succeeded();
  CHECK(s.answers.size() == 2);
  CHECK(s.cloud->describe().at("enis_in_use").to_number<int>() == 0);
}

TEST_CASE("An audit is told what either side holds, in order and page by page") {
  scene s;
  s.ask(in_network);  // {1, 1} has a lease.
  s.runs->running = {{1, 1}, {2, 1}, {3, 1}};
  std::vector<attempt_token> found;
  const auto take = [&](const fsm::expected<std::vector<attempt_token>>& page) { found = *page; };
  s.provider->held({}, 2, take);
  CHECK(found == std::vector<attempt_token>{{1, 1}, {2, 1}});
  s.provider->held({2, 1}, 2, take);
  CHECK(found == std::vector<attempt_token>{{3, 1}});
}
