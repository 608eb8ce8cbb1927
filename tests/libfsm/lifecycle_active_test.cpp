#include "life.hpp"

// The rules T13 to T26 and T46 to T50, T60: an Active function, its updates, and how it goes idle.

using namespace fsm::testing;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::reason_code;

TEST_CASE("T13 an accepted update leaves the function Active and InProgress", "[lifecycle]") {
  for (auto& f : settled()) {
    const auto before = f.record;
    f.now += 1h;
    const auto result = f.on(event::update);
    CHECK(result.answer == answer::accepted);
    CHECK(f.seen() == sees::updating);
    CHECK(result.has(effect::update));
    CHECK(result.start == before.attempt + 1);
    CHECK(f.record.revision == before.revision + 1);
    CHECK(f.record.version == before.version);
    CHECK(f.record.held == before.held);
    CHECK(f.record.target() == result.start);
    CHECK(f.record.since == before.since);
  }
}

TEST_CASE("T14 an update that changes nothing is an update like any other", "[lifecycle]") {
  auto f = ready();
  f.on(event::update);
  f.on(event::update_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.revision == 4);
  CHECK(f.record.version == 2);
}

TEST_CASE("T15 a dry run of an update changes nothing", "[lifecycle]") {
  for (auto& f : settled()) CHECK(f.accepts_unchanged(event::update_dry_run).effects.empty());
}

TEST_CASE("T16 a successful update replaces version and resources", "[lifecycle]") {
  auto f = updating();
  const auto result = f.on(event::update_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.revision == 4);
  CHECK(f.record.version == 2);
  CHECK(f.record.held == 2);
  CHECK(f.record.target() == 0);
  CHECK(result.has(effect::swap));
  CHECK(result.release == 1);
  CHECK(result.abandon == 0);
}

TEST_CASE("T17 a failed update keeps version and resources and says why", "[lifecycle]") {
  auto f = updating();
  const auto result = f.on(event::update_failed, reason_code::image_deleted);
  CHECK(f.seen() == sight{fsm::state::active, fsm::last_update_status::failed, reason_code::none,
                          reason_code::image_deleted});
  CHECK(f.record.revision == 4);
  CHECK(f.record.version == 1);
  CHECK(f.record.held == 1);
  CHECK(f.record.target() == 0);
  CHECK(result.has(effect::discard));
  CHECK(result.abandon == 2);
  CHECK(result.release == 0);
}

TEST_CASE("T18 a second update is refused while one is in progress", "[lifecycle]") {
  updating().refuses(event::update, answer::update_in_progress);
  updating().refuses(event::update_dry_run, answer::update_in_progress);
}

TEST_CASE("T18 an update in progress has no age at which it is given up", "[lifecycle]") {
  auto f = updating();
  f.now += 24h;
  f.refuses(event::update, answer::update_in_progress);
}

TEST_CASE("T19 nothing is published while an update is in progress", "[lifecycle]") {
  updating().refuses(event::publish, answer::update_in_progress);
}

TEST_CASE("T20 tags are refused while an update is in progress", "[lifecycle]") {
  updating().refuses(event::tag, answer::update_in_progress);
}

TEST_CASE("T20 tags are accepted while an update is in progress if the policy says so",
          "[lifecycle]") {
  auto f = updating();
  f.policy.tags_during_update = true;
  f.renews_revision(event::tag);
}

TEST_CASE("T21 an invocation during an update runs the version before it", "[lifecycle]") {
  auto f = updating();
  for (const auto call : {event::invoke, event::invoke_async}) {
    CHECK(f.accepts_unchanged(call).has(effect::touch));
  }
  CHECK(f.accepts_unchanged(event::invoke_dry_run).effects.empty());
  CHECK(f.record.version == 1);
  CHECK(f.record.held == 1);
}

TEST_CASE("T22 a reader during an update is told of the new version", "[lifecycle]") {
  auto f = updating();
  CHECK(f.accepts_unchanged(event::read).effects.empty());
  CHECK(f.record.target() == 2);
}

TEST_CASE("T23 a delete during an update cancels it and releases both versions", "[lifecycle]") {
  auto f = updating();
  f.ends(1, 2);
  f.ignores(event::update_succeeded);
}

TEST_CASE("T24 configuration is accepted while an update is in progress", "[lifecycle]") {
  updating().accepts_unchanged(event::configure);
}

TEST_CASE("T25 an invocation of an Active function runs and restarts the idle clock",
          "[lifecycle]") {
  for (auto& f : settled()) {
    for (const auto call : {event::invoke, event::invoke_async}) {
      CHECK(f.accepts_unchanged(call).has(effect::touch));
    }
    CHECK(f.accepts_unchanged(event::invoke_dry_run).effects.empty());
  }
}

TEST_CASE("T26 a function idle long enough becomes Inactive, its resources are released",
          "[lifecycle]") {
  auto f = ready();
  f.now += 14 * 24h;
  const auto result = f.on(event::idle_due);
  CHECK(result.answer == answer::accepted);
  CHECK(f.seen() == sees::idle);
  CHECK(f.record.revision == 3);
  CHECK(f.record.held == 0);
  CHECK(f.record.version == 1);
  CHECK(f.record.since == f.now);
  CHECK(result.release == 1);
}

TEST_CASE("T46 configuration of an Active function changes nothing about it", "[lifecycle]") {
  for (auto& f : settled()) f.accepts_unchanged(event::configure);
}

TEST_CASE("T47 publishing a version of an Active function renews its RevisionId", "[lifecycle]") {
  ready().renews_revision(event::publish);
}

TEST_CASE("T48 publishing what is published already changes nothing", "[lifecycle]") {
  for (auto& f : settled()) f.accepts_unchanged(event::republish);
  updating().refuses(event::republish, answer::update_in_progress);
}

TEST_CASE("Permissions can be changed in every situation and renew the RevisionId", "[lifecycle]") {
  for (auto& f : existing()) f.renews_revision(event::permit);
}

TEST_CASE("V06 an alias may point at what is Active or Inactive only", "[lifecycle]") {
  for (auto& f : existing()) {
    const auto state = f.record.pair.state;
    if (state == fsm::state::active || state == fsm::state::inactive) {
      f.accepts_unchanged(event::alias_target);
    } else {
      f.refuses(event::alias_target, answer::state_conflict);
    }
  }
}

TEST_CASE("T49 a function is not idle while an update runs", "[lifecycle]") {
  updating().ignores(event::idle_due);
}

TEST_CASE("T50 a version can be published after a failed update", "[lifecycle]") {
  update_failed().renews_revision(event::publish);
}

TEST_CASE("T60 going idle keeps the failed update and its reason", "[lifecycle]") {
  auto f = update_failed();
  const auto result = f.on(event::idle_due);
  CHECK(result.answer == answer::accepted);
  CHECK(f.seen() == sees::idle_update_failed);
  CHECK(f.record.held == 0);
  CHECK(result.release == 1);
}

TEST_CASE("tags of an Active function renew its revision", "[lifecycle]") {
  for (auto& f : settled()) f.renews_revision(event::tag);
}

TEST_CASE("an Active function can be deleted, its resources are released", "[lifecycle]") {
  for (auto& f : settled()) f.ends(1, 0);
}

TEST_CASE("an update after a failed one starts from the version before both", "[lifecycle]") {
  auto f = update_failed();
  f.on(event::update);
  const auto result = f.on(event::update_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.version == 3);
  CHECK(result.release == 1);
}
