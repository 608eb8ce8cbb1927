#include "site_fixture.hpp"

// Invocations by version and alias, and what becomes of the version's State.

using namespace platform::testing;
using namespace std::chrono_literals;
using fsm::pairs::idle;

namespace {

const std::string by_alias = functions_path + "/f:live/invocations";

// A function whose version 1 an alias leads to, both idle for so long that they are Inactive.
struct idle_alias : site_under_test {
  idle_alias() {
    create("f");
    REQUIRE(publish("f") == "1");
    REQUIRE(point("live", "1").status == 201);
    clock->advance(15 * 24h);
    REQUIRE(functions.get("f:1")->pair() == idle);
  }
};

}  // namespace

TEST_CASE_METHOD(idle_alias,
                 "an invocation by alias brings its Inactive version back, and no other") {
  const auto first = ask(verb::post, by_alias);
  CHECK(first.status == 409);
  CHECK(first.error == "CodeArtifactUserPendingException");
  CHECK(functions.get("f:1")->state == fsm::state::pending);
  CHECK(functions.get("f")->pair() == idle);
  clock->advance(1s);
  const auto second = ask(verb::post, by_alias);
  CHECK(second.status == 200);
  CHECK(second.raw["X-Amz-Executed-Version"] == "1");
}

TEST_CASE_METHOD(idle_alias, "an event by alias is kept and brings its Inactive version back") {
  const auto accepted = ask(verb::post, "/2014-11-13/functions/f:live/invoke-async");
  CHECK(accepted.status == 202);
  CHECK(functions.get("f:1")->state == fsm::state::pending);
  clock->advance(1min);
  CHECK(functions.get("f:1")->state == fsm::state::active);
  CHECK(functions.get("f")->pair() == idle);
}
