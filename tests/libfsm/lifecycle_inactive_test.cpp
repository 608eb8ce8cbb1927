#include "life.hpp"

// The rules T27 to T42 and T51 to T59: Inactive functions, their restore and update, and Failed
// ones.

using namespace fsm::testing;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::last_update_status;
using fsm::reason_code;
using fsm::state;

namespace {

/// An invocation that starts a restore and gives `expected`.
void starts_restore(life f, event call, answer expected, const sight& then) {
  const auto before = f.record;
  f.now += 1h;
  const auto result = f.on(call);
  CHECK(result.answer == expected);
  CHECK(f.seen() == then);
  CHECK(result.has(effect::restore));
  CHECK(result.start == before.attempt + 1);
  CHECK(result.release + result.abandon == 0);
  CHECK(f.record.revision == before.revision + 1);
  CHECK(f.record.version == before.version);
  CHECK(f.record.since == f.now);
}

}  // namespace

TEST_CASE("T27 an invocation of an Inactive function fails and starts its restore", "[lifecycle]") {
  starts_restore(idle(), event::invoke, answer::initializing, sees::restoring);
  starts_restore(restore_failed(), event::invoke, answer::initializing, sees::restoring);
}

TEST_CASE("T28 an asynchronous invocation of an Inactive function is kept and starts its restore",
          "[lifecycle]") {
  starts_restore(idle(), event::invoke_async, answer::accepted, sees::restoring);
  starts_restore(restore_failed(), event::invoke_async, answer::accepted, sees::restoring);
}

TEST_CASE("T28 a dry run of an invocation restores nothing", "[lifecycle]") {
  for (auto& f : inactive()) CHECK(f.accepts_unchanged(event::invoke_dry_run).effects.empty());
}

TEST_CASE("T29 an invocation during a restore fails in the same way", "[lifecycle]") {
  for (auto& f : coming_back()) {
    f.refuses(event::invoke, answer::initializing);
    f.accepts_unchanged(event::invoke_async);
    f.accepts_unchanged(event::invoke_dry_run);
  }
}

TEST_CASE("T30 a restored function is Active again with the version it had", "[lifecycle]") {
  auto f = restoring();
  const auto attempt = f.record.attempt;
  const auto result = f.on(event::restore_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.held == attempt);
  CHECK(f.record.version == 1);
  CHECK(f.record.revision == 5);
  CHECK(result.has(effect::adopt));
  CHECK(result.has(effect::touch));
}

TEST_CASE("T31 a function that cannot be restored is Inactive with the cause", "[lifecycle]") {
  auto f = restoring();
  const auto result = f.on(event::restore_failed, reason_code::kms_key_not_found);
  CHECK(f.seen() ==
        sight{state::inactive, last_update_status::successful, reason_code::kms_key_not_found});
  CHECK(result.abandon == f.record.attempt);
  CHECK(f.record.held == 0);
  CHECK(f.on(event::invoke).has(effect::restore));
}

TEST_CASE("T32 no restore is tried for five minutes after two of the causes", "[lifecycle]") {
  for (const auto cause :
       {reason_code::insufficient_role_permissions, reason_code::subnet_out_of_ip_addresses}) {
    auto f = restore_failed(cause);
    f.refuses(event::invoke, answer::failed);
    f.now += 5min - 1ms;
    f.refuses(event::invoke, answer::failed);
    f.accepts_unchanged(event::invoke_async);
    f.now += 1ms;
    CHECK(f.on(event::invoke).answer == answer::initializing);
    CHECK(f.seen() == sees::restoring);
  }
}

TEST_CASE("T32 an update is not held back by the pause", "[lifecycle]") {
  auto f = restore_failed(reason_code::subnet_out_of_ip_addresses);
  CHECK(f.on(event::update).has(effect::update));
}

TEST_CASE("T33 an update of an Inactive function is accepted and leaves it Inactive",
          "[lifecycle]") {
  auto f = idle();
  const auto result = f.on(event::update);
  CHECK(result.answer == answer::accepted);
  CHECK(f.seen() == sees::idle_updating);
  CHECK(result.has(effect::update));
  CHECK(result.start == 2);
  CHECK(f.record.target() == 2);
  CHECK(f.record.version == 1);

  auto after_failure = restore_failed();
  after_failure.on(event::update);
  CHECK(after_failure.seen() ==
        sight{state::inactive, last_update_status::in_progress, some_cause, reason_code::creating});
}

TEST_CASE("T34 a successful update of an Inactive function makes it Active", "[lifecycle]") {
  auto f = idle_updating();
  f.now += 1min;
  const auto result = f.on(event::update_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.version == 2);
  CHECK(f.record.held == 2);
  CHECK(f.record.since == f.now);
  CHECK(result.has(effect::swap));
  CHECK(result.has(effect::touch));
  CHECK(result.release == 0);
}

TEST_CASE("T35 a failed update of an Inactive function leaves it Inactive as it was",
          "[lifecycle]") {
  auto f = idle_updating();
  const auto result = f.on(event::update_failed, some_cause);
  CHECK(f.seen() == sees::idle_update_failed);
  CHECK(f.record.version == 1);
  CHECK(f.record.held == 0);
  CHECK(result.has(effect::discard));
  CHECK(result.abandon == 2);
}

TEST_CASE("T36 an Inactive function can be deleted and holds nothing to release", "[lifecycle]") {
  for (auto& f : inactive()) f.ends(0, 0);
}

TEST_CASE("T37 an Inactive function can be read, tagged and configured", "[lifecycle]") {
  for (auto& f : inactive()) {
    CHECK(f.accepts_unchanged(event::read).effects.empty());
    f.accepts_unchanged(event::configure);
    f.accepts_unchanged(event::update_dry_run);
    f.renews_revision(event::tag);
  }
}

TEST_CASE("T38 a version of an Inactive function can be published", "[lifecycle]") {
  for (auto& f : inactive()) {
    f.renews_revision(event::publish);
    f.accepts_unchanged(event::republish);
  }
}

TEST_CASE("T39 no invocation of a Failed function is accepted", "[lifecycle]") {
  for (const auto call : {event::invoke, event::invoke_async, event::invoke_dry_run}) {
    broken().refuses(call, answer::failed);
  }
}

TEST_CASE("T40 a Failed function refuses updates, however old the failure", "[lifecycle]") {
  auto f = broken();
  f.refuses(event::update, answer::state_conflict);
  f.refuses(event::update_dry_run, answer::state_conflict);
  f.now += 24h;
  f.refuses(event::update, answer::state_conflict);
}

TEST_CASE("T40 an update creates a Failed function anew if the policy says so", "[lifecycle]") {
  auto f = broken();
  f.policy.failed_accepts_update = true;
  f.accepts_unchanged(event::update_dry_run);
  const auto result = f.on(event::update);
  CHECK(result.answer == answer::accepted);
  CHECK(f.seen() == sees::creating);
  CHECK(result.has(effect::provision));
  CHECK(result.start == 2);
  f.on(event::provision_succeeded);
  CHECK(f.seen() == sees::ready);
  CHECK(f.record.version == 2);
}

TEST_CASE("T41 nothing is published of a Failed function", "[lifecycle]") {
  broken().refuses(event::publish, answer::state_conflict);
}

TEST_CASE("T42 a Failed function can be deleted", "[lifecycle]") { broken().ends(0, 0); }

TEST_CASE("T51 updates and publishing are refused during a restore", "[lifecycle]") {
  for (const auto call : {event::update, event::publish, event::update_dry_run}) {
    for (auto& f : coming_back()) {
      f.refuses(call, answer::state_conflict);
      f.now += 6min;
      f.refuses(call, answer::state_conflict);
    }
  }
}

TEST_CASE("T52 tags and configuration are accepted during a restore", "[lifecycle]") {
  for (auto& f : coming_back()) {
    f.renews_revision(event::tag);
    f.accepts_unchanged(event::configure);
    f.policy.pending_refuses_all = true;
    f.refuses(event::tag, answer::state_conflict);
    f.refuses(event::configure, answer::state_conflict);
  }
}

TEST_CASE("T53 a delete during a restore cancels it", "[lifecycle]") {
  for (auto& f : coming_back()) {
    f.ends(0, f.record.attempt);
    f.ignores(event::restore_succeeded);
  }
}

TEST_CASE("T54 an update or publish after six minutes of restore gives it up", "[lifecycle]") {
  for (const auto call : {event::update, event::publish}) {
    for (auto& f : coming_back()) {
      const auto before = f.seen();
      f.now += 6min + 1ms;
      const auto result = f.on(call);
      CHECK(result.answer == answer::state_conflict);
      CHECK(f.seen() == sight{state::inactive, before.update_status, reason_code::internal_error,
                              before.update_reason});
      CHECK(result.abandon == f.record.attempt);
      CHECK(result.start == 0);
      f.ignores(event::restore_succeeded);
    }
  }
}

TEST_CASE("T55 an invocation while an Inactive function is updated fails and restores nothing",
          "[lifecycle]") {
  idle_updating().refuses(event::invoke, answer::initializing);
  idle_updating().accepts_unchanged(event::invoke_async);
  idle_updating().accepts_unchanged(event::invoke_dry_run);
}

TEST_CASE("T56 update, publish and tags wait for the update of an Inactive function",
          "[lifecycle]") {
  for (const auto call : {event::update, event::update_dry_run, event::publish, event::tag}) {
    idle_updating().refuses(call, answer::update_in_progress);
  }
  auto f = idle_updating();
  f.policy.tags_during_update = true;
  f.renews_revision(event::tag);
}

TEST_CASE("T57 a delete while an Inactive function is updated cancels the update", "[lifecycle]") {
  auto f = idle_updating();
  f.ends(0, 2);
  f.ignores(event::update_succeeded);
}

TEST_CASE("T58 an Inactive function with a failed update behaves like any Inactive one",
          "[lifecycle]") {
  starts_restore(idle_update_failed(), event::invoke, answer::initializing,
                 sees::restoring_update_failed);
  starts_restore(idle_update_failed(), event::invoke_async, answer::accepted,
                 sees::restoring_update_failed);
  idle_update_failed().renews_revision(event::publish);
  idle_update_failed().ends(0, 0);
  auto f = idle_update_failed();
  CHECK(f.on(event::update).answer == answer::accepted);
  CHECK(f.seen() == sees::idle_updating);
}

TEST_CASE("T58 a restore keeps the failed update, whether it succeeds or not", "[lifecycle]") {
  auto restored = restoring_update_failed();
  restored.on(event::restore_succeeded);
  CHECK(restored.seen() == sees::update_failed);
  CHECK(restored.record.version == 1);

  auto not_restored = restoring_update_failed();
  not_restored.on(event::restore_failed, reason_code::subnet_out_of_ip_addresses);
  CHECK(not_restored.seen() == sight{state::inactive, last_update_status::failed,
                                     reason_code::subnet_out_of_ip_addresses, some_cause});
  not_restored.refuses(event::invoke, answer::failed);
}

TEST_CASE("T59 only an Active function becomes idle", "[lifecycle]") {
  for (auto& f : existing()) {
    if (f.record.pair.state != state::active) f.ignores(event::idle_due);
  }
}
