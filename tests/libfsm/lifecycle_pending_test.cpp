#include "life.hpp"
#include <fsm/name.hpp>

// The rules T01 to T12, T43 to T45: creation, and what holds in every situation.

using namespace fsm::testing;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::reason_code;

TEST_CASE("T01 a create makes the function Pending and starts to provision it", "[lifecycle]") {
  life f;
  const auto result = f.on(event::create);
  CHECK(result.answer == answer::accepted);
  CHECK(f.seen() == sees::creating);
  CHECK(result.has(effect::provision));
  CHECK(result.start == 1);
  CHECK(f.record.attempt == 1);
  CHECK(f.record.version == 1);
  CHECK(f.record.held == 0);
  CHECK(f.record.revision == 1);
  CHECK(f.record.since == f.now);
}

TEST_CASE("T02 an invalid create is refused before there is a record", "[lifecycle]") {
  CHECK_FALSE(parse_function_ref("not a name", fsm::name_rule::create));
  CHECK(life{}.seen() == sees::nothing);
  for (const auto call : {event::read, event::invoke, event::invoke_async, event::invoke_dry_run,
                          event::update, event::update_dry_run, event::publish, event::tag,
                          event::configure, event::remove, event::remove_qualified}) {
    life{}.refuses(call, answer::not_found);
  }
}

TEST_CASE("T03 the start of provisioning is not observable", "[lifecycle]") {
  auto f = creating();
  f.accepts_unchanged(event::attempt_started);
  CHECK(f.seen() == sees::creating);
}

TEST_CASE("T04 a function whose resources are there becomes Active and Successful", "[lifecycle]") {
  auto f = creating();
  f.now += 3s;
  const auto result = f.on(event::provision_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.revision == 2);
  CHECK(f.record.held == 1);
  CHECK(f.record.version == 1);
  CHECK(f.record.since == f.now);
  CHECK(result.has(effect::adopt));
  CHECK(result.has(effect::touch));
  CHECK(result.start + result.release + result.abandon == 0);
}

TEST_CASE("T05 a function whose resources cannot be made becomes Failed with the cause",
          "[lifecycle]") {
  auto f = creating();
  const auto result = f.on(event::provision_failed, reason_code::eni_limit_exceeded);
  CHECK(f.seen() ==
        sight{fsm::state::failed, fsm::last_update_status::none, reason_code::eni_limit_exceeded});
  CHECK(f.record.revision == 2);
  CHECK(f.record.held == 0);
  CHECK(result.abandon == 1);
}

TEST_CASE("T05 a failure without a cause is an internal error", "[lifecycle]") {
  auto f = creating();
  f.on(event::provision_failed);
  CHECK(f.record.state_reason == reason_code::internal_error);
}

TEST_CASE("T06 no kind of invocation is accepted in Pending", "[lifecycle]") {
  for (const auto call : {event::invoke, event::invoke_async, event::invoke_dry_run}) {
    creating().refuses(call, answer::pending);
  }
}

TEST_CASE("T07 updates and publishing are refused for the first six minutes of Pending",
          "[lifecycle]") {
  for (const auto call : {event::update, event::publish, event::update_dry_run}) {
    auto f = creating();
    f.refuses(call, answer::state_conflict);
    f.now += 6min;
    f.refuses(call, answer::state_conflict);
  }
}

TEST_CASE("T08 an update or publish after six minutes of Pending gives up the creation",
          "[lifecycle]") {
  for (const auto call : {event::update, event::publish}) {
    auto f = creating();
    f.now += 6min + 1ms;
    const auto result = f.on(call);
    CHECK(result.answer == answer::state_conflict);
    CHECK(f.seen() ==
          sight{fsm::state::failed, fsm::last_update_status::none, reason_code::internal_error});
    CHECK(result.abandon == 1);
    CHECK(result.start == 0);
    f.ignores(event::provision_succeeded);
  }
  auto f = creating();
  f.now += 60min;
  f.refuses(event::update_dry_run, answer::state_conflict);
}

TEST_CASE("T08 tags do not make a stuck creation young again", "[lifecycle]") {
  auto f = creating();
  f.now += 5min;
  f.on(event::tag);
  f.now += 1min + 1ms;
  f.on(event::update);
  CHECK(f.record.pair.state == fsm::state::failed);
}

TEST_CASE("T09 a Pending function can be read", "[lifecycle]") {
  CHECK(creating().accepts_unchanged(event::read).effects.empty());
}

TEST_CASE("T10 a second create of a name is refused in every situation", "[lifecycle]") {
  for (auto& f : existing()) f.refuses(event::create, answer::already_exists);
}

TEST_CASE("T11 a Pending function can be deleted, its creation is cancelled", "[lifecycle]") {
  auto f = creating();
  f.ends(0, 1);
  f.ignores(event::provision_succeeded);
}

TEST_CASE("T12 a Pending function accepts tags and configuration", "[lifecycle]") {
  creating().renews_revision(event::tag);
  creating().accepts_unchanged(event::configure);
}

TEST_CASE("T12 a Pending function refuses tags and configuration to the letter of the seed",
          "[lifecycle]") {
  for (const auto call : {event::tag, event::configure}) {
    auto f = creating();
    f.policy.pending_refuses_all = true;
    f.refuses(call, answer::state_conflict);
    f.accepts_unchanged(event::read);
  }
}

TEST_CASE("T43 deleting a version or alias never touches the function", "[lifecycle]") {
  for (auto& f : existing()) CHECK(f.accepts_unchanged(event::remove_qualified).effects.empty());
}

TEST_CASE("T44 a call that names another revision is refused and changes nothing", "[lifecycle]") {
  for (auto& f : existing()) {
    for (const auto call :
         {event::update, event::publish, event::tag, event::configure, event::remove}) {
      for (const auto revision : {f.record.revision - 1, f.record.revision + 1}) {
        if (revision == 0) continue;
        const auto result =
            step(f.record, {.event = call, .at = f.now, .expected_revision = revision}, f.policy);
        CHECK(result.answer == answer::revision_mismatch);
        CHECK(result.next == f.record);
        CHECK(result.effects.empty());
      }
    }
  }
}

TEST_CASE("T44 a call that names the current revision is accepted", "[lifecycle]") {
  auto f = ready();
  CHECK(f.apply({.event = event::update, .at = f.now, .expected_revision = 2}).answer ==
        answer::accepted);
  CHECK(f.seen() == sees::updating);
}

TEST_CASE("T44 the revision read from the create is outdated when the function is Active",
          "[lifecycle]") {
  auto f = creating();
  const auto revision = f.record.revision;
  f.on(event::provision_succeeded);
  CHECK(f.apply({.event = event::update, .at = f.now, .expected_revision = revision}).answer ==
        answer::revision_mismatch);
  CHECK(f.seen() == sees::ready);
}

TEST_CASE("T45 a deleted name can be created again at once", "[lifecycle]") {
  for (auto& f : existing()) {
    f.on(event::remove);
    REQUIRE(f.seen() == sees::nothing);
    const auto last = f.record.attempt;
    const auto result = f.on(event::create);
    CHECK(result.answer == answer::accepted);
    CHECK(f.seen() == sees::creating);
    CHECK(result.start == last + 1);
    f.on(event::provision_succeeded, last, reason_code::none);
    CHECK(f.seen() == sees::creating);
    f.on(event::provision_succeeded);
    CHECK(f.seen() == sees::ready);
    CHECK(f.record.version == last + 1);
  }
}

TEST_CASE("a completion of an attempt that is not the latest is ignored", "[lifecycle]") {
  auto f = ready();
  f.on(event::update);
  const auto old = f.record.attempt;
  f.on(event::update_failed, some_cause);
  f.on(event::update);
  for (const auto what : {event::update_succeeded, event::update_failed, event::attempt_started}) {
    const auto before = f.record;
    CHECK(f.on(what, old, some_cause).answer == answer::ignored);
    CHECK(f.record == before);
  }
  f.on(event::update_succeeded);
  CHECK(f.record.version == 3);
}
