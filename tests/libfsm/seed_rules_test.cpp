#include "life.hpp"

// The seven rules the lifecycle began with, each told as a story.

using namespace fsm::testing;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::reason_code;
using fsm::state;

TEST_CASE("rule 1: a created function is Pending, then Active, or Failed on any failure",
          "[seed]") {
  auto good = creating();
  CHECK(good.record.pair.state == state::pending);
  good.on(event::provision_succeeded);
  CHECK(good.record.pair.state == state::active);

  for (const auto cause : fsm::all_reason_codes) {
    auto bad = creating();
    bad.on(event::provision_failed, cause);
    CHECK(bad.record.pair.state == state::failed);
    // These three say where a function is, not what went wrong: a provider cannot claim them.
    const bool is_situation = cause == reason_code::idle || cause == reason_code::creating ||
                              cause == reason_code::restoring;
    CHECK(bad.record.state_reason == (is_situation ? reason_code::internal_error : cause));
  }
}

TEST_CASE("rule 2: invocations succeed only in Active", "[seed]") {
  for (auto& f : existing()) {
    const bool active = f.record.pair.state == state::active;
    INFO(f.seen());
    CHECK((f.on(event::invoke).answer == answer::accepted) == active);
  }
  life absent;
  CHECK(absent.on(event::invoke).answer == answer::not_found);
}

TEST_CASE("rule 2: in Pending updates and publishing fail, too", "[seed]") {
  for (auto f : {creating(), restoring(), restoring_update_failed()}) {
    f.refuses(event::update, answer::state_conflict);
    f.refuses(event::publish, answer::state_conflict);
  }
}

TEST_CASE("rule 3: during an update invocations run the previous version until it succeeded",
          "[seed]") {
  auto f = ready();
  f.on(event::update);
  CHECK(f.record.pair.state == state::active);
  CHECK(f.record.pair.update_status == fsm::last_update_status::in_progress);
  CHECK(f.on(event::invoke).answer == answer::accepted);
  CHECK(f.record.version == 1);
  f.on(event::update_succeeded);
  CHECK(f.record.version == 2);
  CHECK(f.record.pair.update_status == fsm::last_update_status::successful);
}

TEST_CASE("rule 3: a failed update is dropped, the previous version stays Active", "[seed]") {
  auto f = updating();
  f.on(event::update_failed, some_cause);
  CHECK(f.seen() == sees::update_failed);
  CHECK(f.record.version == 1);
  CHECK(f.record.held == 1);
  CHECK(f.on(event::invoke).answer == answer::accepted);
}

TEST_CASE("rule 4: updates are accepted in Active and Inactive only", "[seed]") {
  for (auto& f : existing()) {
    const auto before = f.record;
    const bool allowed =
        (before.pair.state == state::active || before.pair.state == state::inactive) &&
        before.pair.update_status != fsm::last_update_status::in_progress;
    const auto result = f.on(event::update);
    INFO(fsm::wire_name(before.pair.state));
    CHECK((result.answer == answer::accepted) == allowed);
    CHECK(result.has(effect::update) == allowed);
    if (!allowed) CHECK(f.record == before);
  }
}

TEST_CASE("rule 5: idle, Inactive, a failing invocation, Pending, Active", "[seed]") {
  auto f = ready();
  const auto reclaimed = f.on(event::idle_due);
  CHECK(f.record.pair.state == state::inactive);
  CHECK(reclaimed.release == 1);
  CHECK(f.on(event::invoke).answer == answer::initializing);
  CHECK(f.record.pair.state == state::pending);
  f.on(event::restore_succeeded);
  CHECK(f.record.pair.state == state::active);
  CHECK(f.on(event::invoke).answer == answer::accepted);
}

TEST_CASE("rule 5: a failed restore leads back to Inactive", "[seed]") {
  auto f = restoring();
  f.on(event::restore_failed, some_cause);
  CHECK(f.record.pair.state == state::inactive);
  CHECK(f.record.state_reason == some_cause);
}

TEST_CASE("rule 6: a successful update of an Inactive function makes it Active", "[seed]") {
  auto f = idle();
  CHECK(f.on(event::update).answer == answer::accepted);
  f.on(event::update_succeeded);
  CHECK(f.record.pair.state == state::active);
  CHECK(f.on(event::invoke).answer == answer::accepted);
}

TEST_CASE("rule 7: State and LastUpdateStatus each carry a reason of their own", "[seed]") {
  auto f = restore_failed(reason_code::kms_key_not_found);
  f.on(event::update);
  f.on(event::update_failed, reason_code::invalid_image);
  CHECK(f.record.state_reason == reason_code::kms_key_not_found);
  CHECK(f.record.update_reason == reason_code::invalid_image);
}

TEST_CASE("rule 7: no call makes a function Active or an update Successful by hand", "[seed]") {
  for (const auto& start : existing()) {
    for (std::size_t number = 0; number <= static_cast<std::size_t>(event::remove_qualified);
         ++number) {
      auto f = start;
      f.now += 24h;
      f.on(static_cast<event>(number));
      const auto was = start.record.pair;
      const auto is = f.record.pair;
      INFO(fsm::to_string(static_cast<event>(number)));
      if (is.state == state::active) CHECK(was.state == state::active);
      if (is.update_status == fsm::last_update_status::successful) {
        CHECK(was.update_status == fsm::last_update_status::successful);
      }
    }
  }
}
