#include "support/deterministic_runtime.hpp"

// Releases that are not confirmed: they are owed until they are, but nobody waits for them for
// ever.

using namespace fsm::testing;
using fsm::errc;
using fsm::reason_code;

TEST_CASE_METHOD(deterministic_runtime,
                 "a restore behind a release that is never confirmed fails at its deadline",
                 "[provisioner]") {
  provider->releases(replies::later);
  create_inactive("f");
  CHECK(invoke("f") == errc::function_initializing);
  advance(how.provisioner.provision_deadline - 1ms);
  CHECK(pair_of("f") == pairs::restoring);
  advance(1ms);
  CHECK(pair_of("f") == pairs::idle);
  CHECK(view("f").state_reason_code == reason_code::internal_error);
  CHECK(provider->provisions_of("f").size() == 1);  // The restore was never asked for.
  // Once the release is confirmed, the next one works.
  provider->relent();
  advance(20min);
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "an update behind a release that is never confirmed fails at its deadline",
                 "[provisioner]") {
  provider->releases(replies::later);
  create_inactive("f");
  CHECK(update("f") == errc::none);
  advance(how.provisioner.provision_deadline);
  CHECK(pair_of("f") == pairs::idle_update_failed);
  CHECK(view("f").update_reason_code == reason_code::internal_error);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a release that pauses before its next try keeps no place from others",
                 "[provisioner]") {
  how.provisioner.in_flight_max = 1;
  create_active("a");
  create_active("b");
  provider->next_releases({replies::later});
  CHECK(remove("a") == errc::none);
  CHECK(remove("b") == errc::none);
  CHECK(provider->releases_of("b").empty());
  advance(how.provisioner.attempt_timeout);
  CHECK(provider->releases_of("b").size() == 1);
  CHECK(provider->releases_of("a").size() == 1);
  advance(how.provisioner.backoff_min);
  CHECK(provider->releases_of("a").size() == 2);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a release that is never confirmed is asked for ever more rarely",
                 "[provisioner]") {
  create_active("f");
  provider->releases(replies::later);
  CHECK(remove("f") == errc::none);
  advance(std::chrono::days{1});
  const std::size_t first_day = provider->releases_of("f").size();
  CHECK(first_day >= 86'400U / (100 + 15 * 60));
  CHECK(first_day < 250);
}
