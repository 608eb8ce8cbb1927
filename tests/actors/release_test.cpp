#include "support/deterministic_runtime.hpp"

// Releases: asked for until confirmed, and never beside another call for the same function.

using namespace fsm::testing;
using fsm::errc;
using fsm::reason_code;
using numbers = std::vector<std::uint32_t>;

TEST_CASE_METHOD(deterministic_runtime, "a release is asked for until it is confirmed",
                 "[provisioner][release]") {
  create_active("f");
  provider->next_releases({replies::transient, replies::throws, replies::later,
                           replies::fails(reason_code::internal_error)});
  CHECK(remove("f") == errc::none);
  CHECK(provider->held().size() == 1);
  advance(3min);
  CHECK(provider->released("f") == numbers{1, 1, 1, 1, 1});
  CHECK(provider->held().empty());
  advance(1h);
  CHECK(provider->releases_of("f").size() == 5);
}

TEST_CASE_METHOD(deterministic_runtime, "releases do not take the places of attempts",
                 "[provisioner][release]") {
  how.provisioner.in_flight_max = 1;
  create_active("f");
  provider->next_releases({replies::later});
  CHECK(remove("f") == errc::none);
  CHECK(create("g") == errc::none);
  CHECK(pair_of("g") == pairs::ready);
}

TEST_CASE_METHOD(deterministic_runtime, "calls for one function come strictly one after the other",
                 "[provisioner][release]") {
  create_active("f");
  provider->next_releases({replies::later});
  advance(how.idle_after);
  REQUIRE(pair_of("f") == pairs::idle);
  CHECK(invoke("f") == errc::function_initializing);
  // The restore waits for the release to be confirmed.
  CHECK(provider->provisions_of("f").size() == 1);
  CHECK(pair_of("f") == pairs::restoring);
  provider->answer(1);
  settle();
  CHECK(provider->provisions_of("f").size() == 2);
  CHECK(pair_of("f") == pairs::ready);
  CHECK(provider->overlaps() == 0);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "what a forgotten try makes after the release is released, too",
                 "[provisioner][release]") {
  provider->next_provisions({replies::later});
  REQUIRE(create("f") == errc::none);
  advance(how.provisioner.attempt_timeout + 1s);
  REQUIRE(pair_of("f") == pairs::ready);  // The second try has succeeded.
  CHECK(remove("f") == errc::none);
  CHECK(provider->held().empty());
  provider->answer(0);
  settle();
  CHECK(provider->released("f") == numbers{1, 1});
  CHECK(provider->held().empty());
}

TEST_CASE_METHOD(deterministic_runtime, "a release tells which owner asks for it",
                 "[provisioner][release]") {
  class asked final : public fsm::resource_provider {
  public:
    void provision(const fsm::provision_request& request, fsm::completion done) override {
      epochs.push_back(request.epoch);
      done.succeeded();
    }
    void release(const fsm::attempt_token&, fsm::completion) override { FAIL("without an epoch"); }
    void release_for(const fsm::attempt_token&, std::uint64_t epoch,
                     fsm::completion done) override {
      epochs.push_back(epoch);
      done.succeeded();
    }
    std::vector<std::uint64_t> epochs;
  };
  const auto provider = std::make_shared<asked>();
  how.provider = provider;
  expect_broken();  // It does not hold what is expected of the scripted one.
  create_active("f");
  CHECK(remove("f") == errc::none);
  CHECK(provider->epochs == std::vector<std::uint64_t>{1, 1});
}

TEST_CASE_METHOD(deterministic_runtime, "what a queued attempt leaves behind is released at once",
                 "[provisioner][release]") {
  how.provisioner.in_flight_max = 1;
  provider->next_provisions({replies::later, replies::fails(reason_code::internal_error)});
  CHECK(create("first") == errc::none);
  CHECK(create("second") == errc::none);
  provider->answer(0);
  settle();
  // No time has passed, and nothing else has happened that would have reminded anybody.
  CHECK(pair_of("second") == pairs::broken);
  CHECK(provider->released("second") == numbers{1});
}

TEST_CASE("what is told to a completion of one's own comes once, as it counts", "[provisioner]") {
  using result = fsm::completion::result;
  using fsm::reason_code;
  struct told {
    result what;
    reason_code why;
    std::string text;
    bool operator==(const told&) const = default;
  };
  std::vector<told> all;
  const auto make = [&all] {
    return fsm::completion{[&all](result what, reason_code why, std::string text) {
      all.push_back({what, why, std::move(text)});
    }};
  };
  make().succeeded();
  make().transient("later");
  make().failed(reason_code::invalid_image, "bad");
  make().failed(reason_code::idle);  // No reason to fail.
  const fsm::completion twice = make();
  twice.failed(reason_code::invalid_subnet);
  twice.succeeded();
  CHECK(all == std::vector<told>{{result::succeeded, reason_code::none, ""},
                                 {result::transient, reason_code::internal_error, "later"},
                                 {result::failed, reason_code::invalid_image, "bad"},
                                 {result::failed, reason_code::internal_error, ""},
                                 {result::failed, reason_code::invalid_subnet, ""}});
}
