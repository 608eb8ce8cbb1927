#include "support/deterministic_runtime.hpp"
#include <fsm/explanation.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <string>

using namespace fsm;
using namespace fsm::testing;

namespace {

explanation explain(deterministic_runtime& world, const std::string& name) {
  const auto found = world.rt().explain(name);
  REQUIRE(found.has_value());
  return *found;
}

answer verdict(const explanation& e, event call) {
  const auto found = std::find_if(e.calls.begin(), e.calls.end(),
                                  [call](const call_verdict& v) { return v.event == call; });
  REQUIRE(found != e.calls.end());
  return found->answer;
}

void check_says(const explanation& e, const std::string& what) {
  std::string text;
  for (const auto& each : sentences(e)) text += each + "\n";
  INFO(text);
  CHECK(text.find(what) != std::string::npos);
}

}  // namespace

TEST_CASE("A function that does not exist cannot be explained", "[explain]") {
  deterministic_runtime world;
  CHECK(code(world.rt().explain("nobody")) == errc::not_found);
}

TEST_CASE("A Pending function is explained by the try that the provider is at", "[explain]") {
  deterministic_runtime world;
  world.provider->provisions(replies::later);
  REQUIRE(world.create("f") == errc::none);
  const auto e = explain(world, "f");
  REQUIRE(e.attempt);
  CHECK(e.attempt->kind == attempt_kind::create);
  CHECK(e.attempt->phase == attempt_phase::calling);
  CHECK(e.attempt->tries == 1);
  CHECK(e.attempt->next == world.now() + world.how.provisioner.attempt_timeout);
  CHECK(e.attempt->gives_up_at == world.now() + world.how.provisioner.provision_deadline);
  CHECK(verdict(e, event::invoke) == answer::pending);
  CHECK(verdict(e, event::update) == answer::state_conflict);
  CHECK(verdict(e, event::remove) == answer::accepted);
  CHECK_FALSE(e.idle_at);
  check_says(e,
             "f is Pending since 2026-01-01 00:00:00 UTC: The function is being created "
             "(Creating).");
  check_says(e, "The provider is at making its resources, try 1 of 3");
  check_says(e, "Refused now: an invocation");
}

TEST_CASE("A time in words may lie beyond what fits in nanoseconds", "[explain]") {
  deterministic_runtime world;
  REQUIRE(world.create("f") == errc::none);
  auto e = explain(world, "f");
  e.now.since = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  check_says(e, "since 9999-12-31 00:00:00 UTC");
}

TEST_CASE("An attempt beyond those that may be in flight is explained as waiting", "[explain]") {
  deterministic_runtime world;
  world.how.provisioner.in_flight_max = 1;
  world.provider->provisions(replies::later);
  REQUIRE(world.create("first") == errc::none);
  REQUIRE(world.create("second") == errc::none);
  const auto e = explain(world, "second");
  REQUIRE(e.attempt);
  CHECK(e.attempt->phase == attempt_phase::queued);
  CHECK(e.attempt->tries == 0);
  CHECK_FALSE(e.attempt->gives_up_at);
  check_says(e, "waits for a place");
}

TEST_CASE("A lost try is explained with the time of the next one", "[explain]") {
  deterministic_runtime world;
  world.provider->provisions(replies::later);
  REQUIRE(world.create("f") == errc::none);
  world.advance(world.how.provisioner.attempt_timeout);
  const auto e = explain(world, "f");
  REQUIRE(e.attempt);
  CHECK(e.attempt->phase == attempt_phase::pausing);
  CHECK(e.attempt->tries == 1);
  REQUIRE(e.attempt->next);
  CHECK(*e.attempt->next > world.now());
  check_says(e, "Try 1 of 3 at making its resources failed; the next one is at");
}

TEST_CASE("A restore behind a release that is not confirmed is explained as blocked", "[explain]") {
  deterministic_runtime world;
  world.provider->releases(replies::later);
  world.create_inactive("f");
  CHECK(world.invoke("f") == errc::function_initializing);
  const auto e = explain(world, "f");
  REQUIRE(e.attempt);
  CHECK(e.attempt->kind == attempt_kind::restore);
  CHECK(e.attempt->phase == attempt_phase::blocked);
  CHECK(e.attempt->gives_up_at == world.now() + world.how.provisioner.provision_deadline);
  check_says(e, "until the release of its earlier resources is confirmed");
}

TEST_CASE("An Active function is explained by when it becomes Inactive, and how it is used",
          "[explain]") {
  deterministic_runtime world;
  world.create_active("f");
  world.advance(1h);
  const auto used = world.now();
  {
    const auto running = world.admit("f");
    const auto e = explain(world, "f");
    CHECK(e.in_flight == 1);
    CHECK(e.last_used == used);
    CHECK(e.idle_at == used + world.how.idle_after);
    check_says(e, "1 invocation runs now.");
  }
  const auto e = explain(world, "f");
  CHECK(e.in_flight == 0);
  CHECK_FALSE(e.attempt);
  REQUIRE(e.causes.size() == 2);
  CHECK(e.causes[0].event == event::create);
  CHECK(e.causes[1].event == event::provision_succeeded);
  check_says(e, "Every call is accepted now.");
}

TEST_CASE("An Inactive function is explained without being restored", "[explain]") {
  deterministic_runtime world;
  world.create_inactive("f");
  const auto e = explain(world, "f");
  REQUIRE(e.causes.size() == 1);
  CHECK(e.causes[0].event == event::idle_due);
  CHECK(e.causes[0].cause == cause::timer);
  CHECK(verdict(e, event::invoke) == answer::initializing);
  CHECK(verdict(e, event::update) == answer::accepted);
  check_says(e, "The next invocation is refused and brings it back");
  CHECK(world.state_of("f") == state::inactive);
  CHECK(world.provider->provisions_of("f").size() == 1);
}

TEST_CASE("A Failed function is explained with the provider's reason", "[explain]") {
  deterministic_runtime world;
  world.provider->next_provisions(
      {replies::fails(reason_code::image_deleted, "The image is gone.")});
  REQUIRE(world.create("f") == errc::none);
  const auto e = explain(world, "f");
  CHECK(e.now.state == state::failed);
  check_says(e, "The image is gone (ImageDeleted)");
  check_says(e, "delete it and create it again");
  CHECK(verdict(e, event::invoke) == answer::failed);
}

TEST_CASE("A restore that failed for want of addresses is explained with its pause", "[explain]") {
  deterministic_runtime world;
  world.create_inactive("f");
  world.provider->next_provisions({replies::fails(reason_code::subnet_out_of_ip_addresses)});
  CHECK(world.invoke("f") == errc::function_initializing);
  const auto e = explain(world, "f");
  CHECK(e.restore_pause_until == world.now() + restore_pause);
  CHECK(verdict(e, event::invoke) == answer::failed);
  check_says(e, "a cause that needs a pause");
}

TEST_CASE("An update that runs is explained beside the version in use", "[explain]") {
  deterministic_runtime world;
  world.create_active("f");
  world.provider->provisions(replies::later);
  REQUIRE(world.update("f") == errc::none);
  const auto e = explain(world, "f");
  REQUIRE(e.attempt);
  CHECK(e.attempt->kind == attempt_kind::update);
  CHECK_FALSE(e.idle_at);
  REQUIRE(e.causes.size() == 1);
  CHECK(e.causes[0].event == event::update);
  check_says(e, "An update is in progress; invocations run on the version before it.");
  CHECK(verdict(e, event::update) == answer::update_in_progress);
  CHECK(verdict(e, event::invoke) == answer::accepted);
}
