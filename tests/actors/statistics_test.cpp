#include "support/deterministic_runtime.hpp"
#include <fsm/statistics.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <string_view>
#include <thread>
#include <vector>

using namespace fsm;
using namespace fsm::testing;

namespace {

std::uint64_t refused(deterministic_runtime& world, errc why) {
  return world.rt().statistics().refusals[static_cast<std::size_t>(why)];
}

/// Writes down what ends.
struct ends_observer final : observer {
  void on_attempt_ended(const attempt_result& what) override { attempts.push_back(what); }
  void on_commit(const commit_result& what) override { transitions += what.transitions; }
  std::vector<attempt_result> attempts;
  std::uint64_t transitions = 0;
};

std::vector<std::string> names_of(const expected<list_page>& page) {
  REQUIRE(page.has_value());
  std::vector<std::string> names;
  for (const auto& each : page->functions) names.push_back(each.name);
  return names;
}

}  // namespace

TEST_CASE("Admissions are counted, one by one, in batches, and by many threads", "[statistics]") {
  deterministic_runtime world{run_mode::inline_when_idle};
  world.create_active("f");
  for (int i = 0; i < 3; ++i) CHECK(world.invoke("f") == errc::none);
  const std::array<std::string_view, 3> names{"f", "nobody", "f"};
  std::vector<expected<admission>> answers(3);
  world.rt().admit_batch(names, answers);
  CHECK(world.rt().statistics().admissions == 5);
  CHECK(refused(world, errc::not_found) == 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&world] {
      for (int n = 0; n < 1000; ++n) static_cast<void>(world.rt().admit("f"));
    });
  }
  for (auto& each : threads) each.join();
  CHECK(world.rt().statistics().admissions == 4005);
}

TEST_CASE("Each refused call is counted once, by its error", "[statistics]") {
  deterministic_runtime world;
  world.create_active("f");
  CHECK(world.create("f") == errc::already_exists);
  CHECK(world.get_code("nobody") == errc::not_found);
  CHECK(world.update("f", "two", 77) == errc::revision_mismatch);
  CHECK(refused(world, errc::already_exists) == 1);
  CHECK(refused(world, errc::not_found) == 1);
  CHECK(refused(world, errc::revision_mismatch) == 1);
  world.create_inactive("g");
  CHECK(world.invoke("g") == errc::function_initializing);
  CHECK(refused(world, errc::function_initializing) == 1);
  CHECK(world.rt().statistics().admissions == 0);
}

TEST_CASE("Waiters are counted while they are armed, and by how they end", "[statistics]") {
  deterministic_runtime world;
  world.create_active("f");
  const caught_view first, second, third;
  auto a = world.rt().wait("f", inactive, 30 * 24h, first.callback());
  auto b = world.rt().wait("f", inactive, 1s, second.callback());
  auto c = world.rt().wait("f", inactive, 30 * 24h, third.callback());
  world.settle();
  CHECK(world.rt().statistics().waiters == 3);
  c.cancel();
  world.advance(2s);
  CHECK(world.rt().statistics().waiters == 1);
  world.advance(world.how.idle_after + 1s);
  const auto seen = world.rt().statistics();
  CHECK(seen.waiters == 0);
  CHECK(seen.waits_fulfilled == 1);
  CHECK(seen.waits_timed_out == 1);
  CHECK(seen.waits_ended_otherwise == 1);
  CHECK(seen.idle_proposals >= 1);
}

TEST_CASE("Attempts, releases and transitions under way are what is under way", "[statistics]") {
  deterministic_runtime world;
  world.how.provisioner.in_flight_max = 2;
  world.provider->provisions(replies::later);
  for (const char* name : {"a", "b", "c"}) REQUIRE(world.create(name) == errc::none);
  auto seen = world.rt().statistics();
  CHECK(seen.attempts_in_flight == 2);
  CHECK(seen.attempts_queued == 1);
  CHECK(seen.last_sequence == 3);
  CHECK(seen.transitions_under_way == 0);
  world.provider->releases(replies::later);
  REQUIRE(world.remove("a") == errc::none);
  CHECK(world.rt().statistics().releases_owed == 1);
  world.provider->relent();
  world.advance(1h);
  seen = world.rt().statistics();
  CHECK(seen.attempts_in_flight == 0);
  CHECK(seen.attempts_queued == 0);
  CHECK(seen.releases_owed == 0);
}

TEST_CASE("Observers hear how each attempt went, but not of those given up", "[statistics]") {
  deterministic_runtime world;
  const auto ends = std::make_shared<ends_observer>();
  world.how.observers.push_back(ends);
  world.create_active("at-once");
  world.provider->next_provisions(
      {replies::transient, replies::after(2s), replies::fails(reason_code::image_deleted)});
  REQUIRE(world.create("slow") == errc::none);
  world.advance(1min);
  REQUIRE(world.create("bad") == errc::none);
  world.provider->provisions(replies::later);
  REQUIRE(world.create("gone") == errc::none);
  REQUIRE(world.remove("gone") == errc::none);
  REQUIRE(ends->attempts.size() == 3);
  CHECK(ends->attempts[0].succeeded);
  CHECK(ends->attempts[0].tries == 1);
  CHECK(ends->attempts[1].succeeded);
  CHECK(ends->attempts[1].tries == 2);
  CHECK(ends->attempts[1].took >= 2s);
  CHECK_FALSE(ends->attempts[2].succeeded);
  CHECK(ends->attempts[2].reason == reason_code::image_deleted);
  CHECK(ends->transitions == world.rt().statistics().last_sequence);
}

TEST_CASE("Functions are listed and counted by reason, of either kind", "[list]") {
  deterministic_runtime world;
  world.create_active("good");
  world.create_active("stale");
  world.provider->next_provisions({replies::fails(reason_code::image_deleted, "gone"),
                                   replies::fails(reason_code::image_deleted)});
  REQUIRE(world.create("bad") == errc::none);
  REQUIRE(world.update("stale") == errc::none);
  CHECK(world.rt().count(reason_code::image_deleted) == 2);
  const list_request by_reason{.reason = reason_code::image_deleted, .with_details = true};
  const auto page = world.rt().list(by_reason);
  CHECK(names_of(page) == std::vector<std::string>{"stale", "bad"});
  CHECK(page->functions[0].update_reason_code == reason_code::image_deleted);
  CHECK(page->functions[1].state_reason == "gone");
  CHECK(page->functions[1].since == world.now());
  CHECK(names_of(
            world.rt().list({.pairs = failed.fulfilled, .reason = reason_code::image_deleted})) ==
        std::vector<std::string>{"bad"});
  REQUIRE(world.remove("bad") == errc::none);
  REQUIRE(world.create("new") == errc::none);  // In the place of the removed one.
  CHECK(world.rt().count(reason_code::image_deleted) == 1);
  CHECK(names_of(world.rt().list(by_reason)) == std::vector<std::string>{"stale"});
  CHECK(world.rt().count(static_cast<reason_code>(999)) == 0);
  CHECK(names_of(world.rt().list({.reason = static_cast<reason_code>(999)})).empty());
}

TEST_CASE("Who waits for what comes after a transition is not answered by what was before",
          "[waiters]") {
  deterministic_runtime world;
  world.create_active("f");
  const auto before = world.rt().statistics().last_sequence;
  auto later = settled;
  later.after = before;
  const caught_view caught;
  auto waiting = world.rt().wait("f", later, 1h, caught.callback());
  world.settle();
  CHECK(caught.count() == 0);
  const auto updated = world.rt().update({.name = "f", .document = "two"});
  REQUIRE(updated.has_value());
  world.settle();
  REQUIRE(caught.count() == 1);
  CHECK(caught.last().has_value());
  // Now that it is over, who waits for what came of that update is answered at once.
  later.after = updated->sequence;
  CHECK(code(world.rt().wait("f", later, 1ms)) == errc::none);
}

TEST_CASE("Who waits for a later transition is not told that an earlier failure is final",
          "[waiters]") {
  deterministic_runtime world;
  world.provider->next_provisions({replies::fails(reason_code::image_deleted)});
  REQUIRE(world.create("f") == errc::none);
  CHECK(code(world.rt().wait("f", active, 1h)) == errc::unreachable);
  auto later = active;
  later.after = world.rt().statistics().last_sequence;
  const caught_view caught, gone;
  auto waiting = world.rt().wait("f", later, 1h, caught.callback());
  world.settle();
  CHECK(caught.count() == 0);
  REQUIRE(world.remove("f") == errc::none);
  CHECK(code(caught.last()) == errc::unreachable);
  auto absent = fsm::gone;
  absent.after = world.rt().statistics().last_sequence + 1000;
  CHECK(code(world.rt().wait("f", absent, 1ms)) == errc::none);
}
