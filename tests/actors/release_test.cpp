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
