#include "support/deterministic_runtime.hpp"

// Updates, and restores and deletes: the lifecycle as a runtime's user sees it.

using namespace fsm::testing;
using fsm::errc;
using fsm::event;
using fsm::reason_code;
using fsm::state;

TEST_CASE_METHOD(deterministic_runtime, "during an update the previous version is served",
                 "[update]") {
  create_active("f");
  provider->provisions(replies::later);
  const auto started = rt().update({.name = "f", .document = "two"});
  REQUIRE(started.has_value());
  CHECK(started->pair() == pairs::updating);
  CHECK(started->update_reason_code == reason_code::creating);
  CHECK(started->version == 1);
  CHECK(started->target_version == 2);
  CHECK(started->revision == 3);
  settle();
  CHECK(view("f").document == "two");
  const std::uint64_t uid = started->uid;
  {
    const auto running = admit("f");
    CHECK(running.version() == 1);
    CHECK(running.resource() == fsm::attempt_token{uid, 1});
  }
  const auto asked = provider->at(1).request;
  CHECK(asked.kind == fsm::attempt_kind::update);
  CHECK(asked.token == fsm::attempt_token{uid, 2});
  CHECK(asked.document == "two");

  provider->answer(1);
  settle();
  const auto updated = view("f");
  CHECK(updated.pair() == pairs::ready);
  CHECK(updated.update_reason_code == reason_code::none);
  CHECK(updated.version == 2);
  CHECK(updated.target_version == 0);
  CHECK(updated.revision == 4);
  CHECK(updated.document == "two");
  const auto running = admit("f");
  CHECK(running.version() == 2);
  CHECK(running.resource() == fsm::attempt_token{uid, 2});
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a failed update keeps the previous version and drops the new document",
                 "[update]") {
  create_active("f");
  provider->next_provisions({replies::fails(reason_code::image_deleted, "image 7 is gone")});
  CHECK(update("f", "two") == errc::none);
  const auto failed = view("f");
  CHECK(failed.pair() == pairs::update_failed);
  CHECK(failed.update_reason_code == reason_code::image_deleted);
  CHECK(failed.update_reason == "image 7 is gone");
  CHECK(failed.state_reason_code == reason_code::none);
  CHECK(failed.version == 1);
  CHECK(failed.document == "one");
  CHECK(admit("f").resource().number == 1);
  CHECK(provider->released("f") == std::vector<std::uint32_t>{2});
  bool has_two = true;
  store->read_document(failed.uid, 2, [&](const auto& found) { has_two = found.has_value(); });
  CHECK_FALSE(has_two);

  CHECK(update("f", "three") == errc::none);
  const auto updated = view("f");
  CHECK(updated.pair() == pairs::ready);
  CHECK(updated.version == 3);
  CHECK(updated.update_reason.empty());
  CHECK(updated.document == "three");
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a second update waits for nobody: it is refused while one is in progress",
                 "[update]") {
  create_active("f");
  provider->provisions(replies::later);
  CHECK(update("f", "two") == errc::none);
  CHECK(update("f", "three") == errc::update_in_progress);
  CHECK(code(rt().update({.name = "f", .document = "three", .dry_run = true})) ==
        errc::update_in_progress);
  const auto updating = view("f");
  CHECK(updating.revision == 3);
  CHECK(updating.document == "two");
  CHECK(provider->provisions_of("f").size() == 2);
}

TEST_CASE_METHOD(deterministic_runtime, "an update is refused in Pending and in Failed",
                 "[update]") {
  provider->next_provisions({replies::later});
  CHECK(create("pending") == errc::none);
  const auto refused = rt().update({.name = "pending", .document = "two"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::state_conflict);
  CHECK(refused.error().state == state::pending);
  provider->next_provisions({replies::fails(reason_code::invalid_image)});
  CHECK(create("failed") == errc::none);
  CHECK(update("failed") == errc::state_conflict);
  CHECK(view("failed").revision == 2);
  CHECK(view("failed").document == "one");
  CHECK(view("pending").document == "one");
  CHECK(provider->call_count() == 3);
}

TEST_CASE_METHOD(deterministic_runtime, "by policy an update of a Failed function creates it anew",
                 "[update]") {
  how.policy.failed_accepts_update = true;
  provider->next_provisions({replies::fails(reason_code::invalid_image, "broken")});
  CHECK(create("f") == errc::none);
  CHECK(update("f", "two") == errc::none);
  const auto repaired = view("f");
  CHECK(repaired.pair() == pairs::ready);
  CHECK(repaired.version == 2);
  CHECK(repaired.document == "two");
  CHECK(repaired.state_reason.empty());
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a dry run says whether an update would be accepted and does nothing",
                 "[update]") {
  create_active("f");
  CHECK(rt().update({.name = "f", .document = "two", .dry_run = true})->revision == 2);
  settle();
  CHECK(view("f").document == "one");
  CHECK(provider->call_count() == 1);
}

TEST_CASE_METHOD(deterministic_runtime, "an update of an Inactive function makes it Active",
                 "[update]") {
  create_inactive("f");
  provider->next_provisions({replies::later});
  CHECK(update("f", "two") == errc::none);
  CHECK(pair_of("f") == pairs::idle_updating);
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::idle_updating);
  CHECK(provider->provisions_of("f").size() == 2);
  provider->answer(provider->provisions_of("f").at(1));
  settle();
  CHECK(pair_of("f") == pairs::ready);
  CHECK(admit("f").version() == 2);
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a failed update of an Inactive function leaves it Inactive with the old document",
                 "[update]") {
  create_inactive("f");
  provider->next_provisions({replies::fails(reason_code::invalid_subnet, "no subnet")});
  CHECK(update("f", "two") == errc::none);
  const auto failed = view("f");
  CHECK(failed.pair() == pairs::idle_update_failed);
  CHECK(failed.state_reason_code == reason_code::idle);
  CHECK(failed.update_reason_code == reason_code::invalid_subnet);
  CHECK(failed.update_reason == "no subnet");
  CHECK(failed.document == "one");
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::update_failed);
  CHECK(view("f").update_reason == "no subnet");
  CHECK(admit("f").version() == 1);
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "a merging update sees the current document and starts anew when it changed meanwhile",
    "[update]") {
  create_active("f");
  int rounds = 0;
  const auto updated =
      rt().update("f", [&](const fsm::function_view& current) -> fsm::expected<std::string> {
        if (++rounds == 1) {
          CHECK(update("f", "meanwhile") == errc::none);
        }
        return current.document + "+mine";
      });
  REQUIRE(updated.has_value());
  settle();
  CHECK(rounds == 2);
  CHECK(view("f").document == "meanwhile+mine");
  const auto given_up = rt().update("f", [](const auto&) -> fsm::expected<std::string> {
    return fsm::unexpected({errc::invalid_argument, "no"});
  });
  CHECK(given_up.error().message == "no");
}

// -- restores -------------------------------------------------------------------------------------

TEST_CASE_METHOD(deterministic_runtime,
                 "an invocation of an Inactive function fails and brings it back",
                 "[update][restore]") {
  create_inactive("f");
  CHECK(view("f").state_reason_code == reason_code::idle);
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1});
  provider->provisions(replies::later);
  const auto refused = rt().admit("f");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::function_initializing);
  settle();
  CHECK(pair_of("f") == pairs::restoring);
  CHECK(view("f").state_reason_code == reason_code::restoring);
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(update("f") == errc::state_conflict);
  const auto calls = provider->provisions_of("f");
  REQUIRE(calls.size() == 2);
  const auto asked = provider->at(calls[1]).request;
  CHECK(asked.kind == fsm::attempt_kind::restore);
  CHECK(asked.token.number == 2);
  CHECK(asked.document == "one");
  provider->answer(calls[1]);
  settle();
  CHECK(pair_of("f") == pairs::ready);
  const auto running = admit("f");
  CHECK(running.version() == 1);
  CHECK(running.resource().number == 2);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a failed restore leaves the function Inactive with the reason, and the next "
                 "invocation tries again",
                 "[update][restore]") {
  create_inactive("f");
  provider->next_provisions({replies::fails(reason_code::invalid_security_group, "sg-1")});
  CHECK(invoke("f") == errc::function_initializing);
  const auto failed = view("f");
  CHECK(failed.pair() == pairs::idle);
  CHECK(failed.state_reason_code == reason_code::invalid_security_group);
  CHECK(failed.state_reason == "sg-1");
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1, 2});
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "after a restore failed for addresses or permissions none is tried for five minutes",
    "[update][restore]") {
  const auto why =
      GENERATE(reason_code::subnet_out_of_ip_addresses, reason_code::insufficient_role_permissions);
  create_inactive("f");
  provider->next_provisions({replies::fails(why)});
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(view("f").state_reason_code == why);
  const std::size_t calls = provider->call_count();
  for (const fsm::duration pause : {0ms, 1ms, fsm::duration{5min} - 2ms}) {
    advance(pause);
    const auto refused = rt().admit("f");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::function_failed);
    CHECK(refused.error().reason == why);
    settle();
    CHECK(provider->call_count() == calls);
    CHECK(view("f").revision == 5);
  }
  advance(1ms);  // Five minutes, to the millisecond.
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(deterministic_runtime, "an update ends the pause after a failed restore",
                 "[update][restore]") {
  create_inactive("f");
  provider->next_provisions({replies::fails(reason_code::subnet_out_of_ip_addresses)});
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(invoke("f") == errc::function_failed);
  CHECK(update("f", "two") == errc::none);
  CHECK(pair_of("f") == pairs::ready);
}

// -- stuck in Pending -----------------------------------------------------------------------------

namespace {

/// Two functions that keep the only place in flight for five minutes each.
struct crowded : deterministic_runtime {
  crowded() {
    how.provisioner.in_flight_max = 1;
    how.provisioner.attempt_timeout = 5min;
    how.provisioner.provision_deadline = 5min;
  }
  void crowd() {
    provider->provisions(replies::later);
    CHECK(create("first") == errc::none);
    CHECK(create("second") == errc::none);
  }
};

}  // namespace

TEST_CASE_METHOD(
    crowded, "T08 an update of a function stuck in Pending for over six minutes makes it Failed",
    "[update][stuck]") {
  crowd();
  CHECK(create("f") == errc::none);
  advance(6min);
  CHECK(update("f") == errc::state_conflict);
  CHECK(pair_of("f") == pairs::creating);
  CHECK(view("f").revision == 1);
  advance(1ms);
  CHECK(update("f") == errc::state_conflict);
  const auto failed = view("f");
  CHECK(failed.pair() == pairs::broken);
  CHECK(failed.state_reason_code == reason_code::internal_error);
  CHECK(failed.document == "one");
  advance(5min);
  CHECK(provider->provisions_of("f").empty());
  CHECK(provider->releases_of("f").empty());
  CHECK(pair_of("first") == pairs::broken);
  CHECK(pair_of("second") == pairs::broken);
}

TEST_CASE_METHOD(crowded, "T54 an update of a function stuck in its restore leaves it Inactive",
                 "[update][stuck]") {
  create_inactive("f");
  crowd();
  CHECK(invoke("f") == errc::function_initializing);
  advance(6min + 1ms);
  CHECK(update("f") == errc::state_conflict);
  const auto idle = view("f");
  CHECK(idle.pair() == pairs::idle);
  CHECK(idle.state_reason_code == reason_code::internal_error);
  advance(5min);
  CHECK(provider->provisions_of("f").size() == 1);
  provider->provisions(replies::at_once);
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::ready);
}

// -- deletes --------------------------------------------------------------------------------------

TEST_CASE_METHOD(deterministic_runtime,
                 "a function deleted while it is provisioned is gone, and a success that comes "
                 "after is released",
                 "[update][delete]") {
  provider->next_provisions({replies::later});
  CHECK(create("f") == errc::none);
  CHECK(remove("f") == errc::none);
  CHECK(get_code("f") == errc::not_found);
  provider->answer(0);
  settle();
  CHECK(provider->held().empty());
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1});
  CHECK(events_of("f") == std::vector{event::create, event::remove});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a function deleted while it is queued never reaches the provider",
                 "[update][delete]") {
  how.provisioner.in_flight_max = 1;
  provider->next_provisions({replies::later});
  CHECK(create("first") == errc::none);
  CHECK(create("f") == errc::none);
  CHECK(remove("f") == errc::none);
  provider->answer(0);
  settle();
  CHECK(provider->provisions_of("f").empty());
  CHECK(provider->releases_of("f").empty());
  CHECK(pair_of("first") == pairs::ready);
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "a function deleted during an update gives back both versions' resources, once each",
    "[update][delete]") {
  create_active("f");
  provider->next_provisions({replies::later});
  CHECK(update("f") == errc::none);
  CHECK(remove("f") == errc::none);
  provider->answer(1);
  settle();
  CHECK(provider->held().empty());
  auto released = provider->released("f");
  std::ranges::sort(released);
  CHECK(released == std::vector<std::uint32_t>{1, 2});
  CHECK(provider->overlaps() == 0);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a function deleted during a restore gives back what the restore made, once",
                 "[update][delete]") {
  create_inactive("f");
  provider->next_provisions({replies::later});
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(remove("f") == errc::none);
  provider->answer(provider->provisions_of("f").at(1));
  settle();
  CHECK(provider->held().empty());
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a function deleted during an update in Inactive gives back what the update made",
                 "[update][delete]") {
  create_inactive("f");
  provider->next_provisions({replies::later});
  CHECK(update("f") == errc::none);
  CHECK(remove("f") == errc::none);
  provider->answer(provider->provisions_of("f").at(1));
  settle();
  CHECK(provider->held().empty());
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "an Inactive and a Failed function can be deleted; they own nothing",
                 "[update][delete]") {
  create_inactive("idle");
  provider->next_provisions({replies::fails(reason_code::invalid_image)});
  CHECK(create("failed") == errc::none);
  const std::size_t calls = provider->call_count();
  CHECK(remove("idle") == errc::none);
  CHECK(remove("failed") == errc::none);
  CHECK(provider->call_count() == calls);
  CHECK(rt().size() == 0);
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "a function deleted while its try is paused gives back what a lost try made in the end",
    "[update][delete]") {
  provider->next_provisions({replies::later});
  CHECK(create("f") == errc::none);
  advance(how.provisioner
              .attempt_timeout);  // The first try counts as lost; the second waits for its turn.
  CHECK(provider->provisions_of("f").size() == 1);
  CHECK(remove("f") == errc::none);
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1});
  provider->answer(0);  // It had only been slow.
  settle();
  CHECK(provider->held().empty());
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1, 1});
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "a success that comes between two deletes of one name touches only its own function",
    "[update][delete]") {
  provider->next_provisions({replies::later});
  CHECK(create("f") == errc::none);
  CHECK(remove("f") == errc::none);
  create_active("f");
  provider->answer(0);
  settle();
  CHECK(pair_of("f") == pairs::ready);
  CHECK(provider->held() == std::set{admit("f").resource()});
}
