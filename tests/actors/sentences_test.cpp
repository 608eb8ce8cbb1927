#include <fsm/explanation.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

// An explanation in words: each kind of situation, cause, attempt and outlook has its sentence, and
// so has what a newer version may have written.

using namespace fsm;
using namespace std::chrono_literals;

namespace {

template <class Enum>
constexpr Enum unknown = static_cast<Enum>(200);

constexpr timestamp midnight{
    std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}.time_since_epoch()};

explanation of(state where, last_update_status update = last_update_status::successful) {
  explanation e;
  e.now.name = "f";
  e.now.state = where;
  e.now.update_status = update;
  e.now.since = midnight;
  return e;
}

std::string text(const explanation& e) {
  std::string all;
  for (const std::string& each : sentences(e)) {
    CHECK(each.ends_with('.'));
    all += each + '\n';
  }
  return all;
}

void check_says(const explanation& e, std::string_view what) {
  const std::string said = text(e);
  INFO(said);
  CHECK(said.find(what) != std::string::npos);
}

void check_does_not_say(const explanation& e, std::string_view what) {
  const std::string said = text(e);
  INFO(said);
  CHECK(said.find(what) == std::string::npos);
}

transition caused_by(event what, cause why) {
  transition t;
  t.at = midnight;
  t.event = what;
  t.cause = why;
  return t;
}

std::string cause_text(const transition& t) {
  explanation e = of(state::active);
  e.causes = {t};
  return sentences(e)[1];
}

}  // namespace

TEST_CASE("A situation is told with its reason, and one full stop", "[explain]") {
  explanation e = of(state::failed, last_update_status::none);
  CHECK(sentences(e)[0] == "f is Failed since 2026-01-01 00:00:00 UTC.");
  for (const std::string reason : {"It broke", "It broke."}) {
    e.now.state_reason_code = reason_code::invalid_image;
    e.now.state_reason = reason;
    CHECK(sentences(e)[0] == "f is Failed since 2026-01-01 00:00:00 UTC: It broke (InvalidImage).");
  }
}

TEST_CASE("The last update has a sentence unless it went well", "[explain]") {
  CHECK(sentences(of(state::active)).size() == 2);
  CHECK(sentences(of(state::active, last_update_status::none)).size() == 2);
  check_says(of(state::active, last_update_status::in_progress),
             "An update is in progress; invocations run on the version before it.");
  check_says(of(state::inactive, last_update_status::in_progress), "An update is in progress.");
  explanation failed = of(state::active, last_update_status::failed);
  failed.now.update_reason_code = reason_code::invalid_subnet;
  failed.now.update_reason = "No subnet.";
  check_says(failed,
             "Its last update failed: No subnet (InvalidSubnet). It stays on the version before");
  check_says(of(state::active, unknown<last_update_status>), "Its last update is ");
}

TEST_CASE("Each event and each cause has its words", "[explain]") {
  constexpr auto events = std::to_array<std::pair<event, std::string_view>>(
      {{event::create, "it was created"},
       {event::invoke, "it was invoked"},
       {event::invoke_async, "it was invoked"},
       {event::update, "an update was asked for"},
       {event::publish, "a version was published"},
       {event::remove, "it was deleted"},
       {event::attempt_started, "an attempt was started"},
       {event::provision_succeeded, "its resources were made"},
       {event::provision_failed, "its resources could not be made"},
       {event::update_succeeded, "the resources of the new version were made"},
       {event::update_failed, "the resources of the new version could not be made"},
       {event::restore_succeeded, "its resources were made again"},
       {event::restore_failed, "its resources could not be made again"},
       {event::idle_due, "it was not invoked for its idle time"},
       {event::tag, to_string(event::tag)}});
  for (const auto& [what, words] : events) {
    CHECK(cause_text(caused_by(what, cause::provider)) ==
          "2026-01-01 00:00:00 UTC: " + std::string{words} + ".");
  }
  constexpr auto causes = std::to_array<std::pair<cause, std::string_view>>(
      {{cause::none, "for a cause that is not known"},
       {cause::request, "by a call"},
       {cause::timer, "by a timer"},
       {cause::recovery, "when the runtime started"},
       {cause::exit, "by an exit message to its actor"},
       {unknown<cause>, "for a cause that is not known"}});
  for (const auto& [why, words] : causes) {
    CHECK(cause_text(caused_by(event::create, why)) ==
          "2026-01-01 00:00:00 UTC: it was created, " + std::string{words} + ".");
  }
}

TEST_CASE("A failure is told with the code of what failed, and its text if it has one",
          "[explain]") {
  transition t = caused_by(event::provision_failed, cause::provider);
  t.from = pairs::creating;
  t.to = pairs::broken;
  t.state_reason_code = reason_code::invalid_image;
  CHECK(cause_text(t).ends_with("could not be made (InvalidImage)."));
  t.reason = "Mine.";
  CHECK(cause_text(t).ends_with("could not be made (InvalidImage: Mine)."));
  t.event = event::update_failed;
  t.from = pairs::updating;
  t.to = pairs::update_failed;
  t.state_reason_code = reason_code::none;
  t.update_reason_code = reason_code::invalid_subnet;
  CHECK(cause_text(t).ends_with("could not be made (InvalidSubnet: Mine)."));
  t.update_reason_code = reason_code::none;
  CHECK(cause_text(t).ends_with("could not be made."));
}

TEST_CASE("An attempt is told by where it stands and what it is for", "[explain]") {
  constexpr auto kinds = std::to_array<std::pair<attempt_kind, std::string_view>>(
      {{attempt_kind::create, "making its resources "},
       {attempt_kind::update, "making the resources of the new version "},
       {attempt_kind::restore, "making its resources again "},
       {unknown<attempt_kind>, "making its resources "}});
  explanation e = of(state::pending, last_update_status::none);
  for (const auto& [kind, words] : kinds) {
    e.attempt.emplace().kind = kind;
    check_says(e, "An attempt at " + std::string{words} + "has been ordered");
    e.attempt->phase = attempt_phase::blocked;
    check_says(e, "waits until the release of its earlier resources is confirmed.");
    e.attempt->phase = attempt_phase::queued;
    check_says(e, "waits for a place");
  }
  e.attempt->tries = 2;
  e.attempt->tries_max = 3;
  e.attempt->phase = attempt_phase::calling;
  check_says(e, "The provider is at making its resources, try 2 of 3.");
  e.attempt->phase = attempt_phase::pausing;
  check_says(e, "Try 2 of 3 at making its resources failed.");
  e.attempt->next = midnight + 5s;
  check_says(e, "failed; the next one is at 2026-01-01 00:00:05 UTC.");
  e.attempt->phase = attempt_phase::calling;
  check_says(e, "try 2 of 3; it counts as lost at 2026-01-01 00:00:05 UTC.");
  e.attempt->gives_up_at = midnight + 9s;
  check_says(e, "It fails with InternalError at 2026-01-01 00:00:09 UTC at the latest.");
}

TEST_CASE("The outlook depends on what would move the function", "[explain]") {
  constexpr std::string_view idle = "it becomes Inactive at 2026-01-01 01:00:00 UTC";
  explanation active = of(state::active);
  check_does_not_say(active, "Inactive");
  active.idle_at = midnight + 1h;
  active.last_used = midnight;
  check_says(active, idle);
  check_does_not_say(active, "now. Unless");
  active.in_flight = 1;
  check_says(active, "1 invocation runs now. Unless");
  active.in_flight = 2;
  check_says(active, "2 invocations run now. Unless");
  active.attempt = attempt_status{};
  check_does_not_say(active, idle);
  explanation inactive = of(state::inactive);
  check_says(inactive, "The next invocation is refused and brings it back");
  inactive.restore_pause_until = midnight + 1h;
  check_says(inactive, "only from 2026-01-01 01:00:00 UTC on");
  check_says(of(state::failed), "Nothing moves it by itself");
  check_does_not_say(of(state::pending), "Nothing moves it by itself");
}

TEST_CASE("What is refused now is told call by call", "[explain]") {
  explanation e = of(state::pending);
  check_says(e, "Every call is accepted now.");
  e.calls = {
      {event::invoke, answer::pending, ""},         {event::remove, answer::accepted, ""},
      {event::invoke_async, answer::pending, ""},   {event::update, answer::state_conflict, ""},
      {event::publish, answer::state_conflict, ""}, {event::tag, answer::state_conflict, ""},
      {event::permit, answer::state_conflict, ""},  {event::configure, answer::state_conflict, ""}};
  check_says(e,
             "Refused now: an invocation, an invocation as an event, an update, publishing a "
             "version, tagging, changing permissions, changing aliases or limits. Everything else "
             "is accepted.");
  e.calls = {{event::remove, answer::not_found, ""}, {event::read, answer::not_found, ""}};
  check_says(e, "Refused now: deleting it, " + std::string{to_string(event::read)} + ".");
}

TEST_CASE("Attempts' kinds and phases have their enumerators' names", "[explain]") {
  constexpr std::array phases{attempt_phase::ordered, attempt_phase::blocked, attempt_phase::queued,
                              attempt_phase::calling, attempt_phase::pausing};
  constexpr std::array<std::string_view, 5> names{"ordered", "blocked", "queued", "calling",
                                                  "pausing"};
  for (std::size_t i = 0; i < phases.size(); ++i) CHECK(to_string(phases[i]) == names[i]);
  CHECK(to_string(attempt_kind::create) == "create");
  CHECK(to_string(attempt_kind::update) == "update");
  CHECK(to_string(attempt_kind::restore) == "restore");
  CHECK(to_string(unknown<attempt_phase>).empty());
  CHECK(to_string(unknown<attempt_kind>).empty());
}
