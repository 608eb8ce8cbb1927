// An explanation in words.
#include <fsm/explanation.hpp>
#include <fsm/reason.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <string_view>

namespace fsm {

namespace {

[[nodiscard]] std::string time_text(timestamp at) {
  // system_clock counts nanoseconds, which end in the year 2262.
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(seconds));
}

/// For texts that end in a sentence of their own.
[[nodiscard]] std::string_view without_stop(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

[[nodiscard]] std::string_view cause_words(cause why) noexcept {
  switch (why) {
    case cause::none: return "for a cause that is not known";
    case cause::request: return "by a call";
    case cause::timer: return "by a timer";
    case cause::provider: return "by the provider of resources";
    case cause::recovery: return "when the runtime started";
    case cause::exit: return "by an exit message to its actor";
  }
  return "for a cause that is not known";
}

[[nodiscard]] std::string_view event_words(event what) noexcept {
  switch (what) {
    case event::create: return "it was created";
    case event::invoke:
    case event::invoke_async: return "it was invoked";
    case event::update: return "an update was asked for";
    case event::publish: return "a version was published";
    case event::remove: return "it was deleted";
    case event::attempt_started: return "an attempt was started";
    case event::provision_succeeded: return "its resources were made";
    case event::provision_failed: return "its resources could not be made";
    case event::update_succeeded: return "the resources of the new version were made";
    case event::update_failed: return "the resources of the new version could not be made";
    case event::restore_succeeded: return "its resources were made again";
    case event::restore_failed: return "its resources could not be made again";
    case event::idle_due: return "it was not invoked for its idle time";
    default: return to_string(what);
  }
}

[[nodiscard]] std::string_view call_words(event what) noexcept {
  switch (what) {
    case event::invoke: return "an invocation";
    case event::invoke_async: return "an invocation as an event";
    case event::update: return "an update";
    case event::publish: return "publishing a version";
    case event::tag: return "tagging";
    case event::permit: return "changing permissions";
    case event::configure: return "changing aliases or limits";
    case event::remove: return "deleting it";
    default: return to_string(what);
  }
}

[[nodiscard]] std::string situation(const function_view& f) {
  std::string text =
      fmt::format("{} is {} since {}", f.name, wire_name(f.state), time_text(f.since));
  if (f.state_reason_code != reason_code::none)
    text += fmt::format(": {} ({})", without_stop(f.state_reason), wire_name(f.state_reason_code));
  return text + '.';
}

[[nodiscard]] std::string update_sentence(const function_view& f) {
  switch (f.update_status) {
    case last_update_status::none:
    case last_update_status::successful: return {};
    case last_update_status::in_progress:
      return f.state == state::active
                 ? "An update is in progress; invocations run on the version before it."
                 : "An update is in progress.";
    case last_update_status::failed:
      return fmt::format("Its last update failed: {} ({}). It stays on the version before it.",
                         without_stop(f.update_reason), wire_name(f.update_reason_code));
    default: return fmt::format("Its last update is {}.", wire_name(f.update_status));
  }
}

[[nodiscard]] std::string cause_sentence(const transition& t) {
  const auto code =
      t.to.update_status != t.from.update_status && t.update_reason_code != reason_code::none
          ? t.update_reason_code
          : t.state_reason_code;
  std::string text = fmt::format("{}: {}", time_text(t.at), event_words(t.event));
  if (t.cause != cause::provider) text += fmt::format(", {}", cause_words(t.cause));
  if (is_failure(code)) {
    text += fmt::format(" ({}", wire_name(code));
    text += t.reason.empty() ? ")" : fmt::format(": {})", without_stop(t.reason));
  }
  return text + '.';
}

[[nodiscard]] std::string_view purpose(attempt_kind kind) noexcept {
  switch (kind) {
    case attempt_kind::create: return "making its resources";
    case attempt_kind::update: return "making the resources of the new version";
    case attempt_kind::restore: return "making its resources again";
  }
  return "making its resources";
}

[[nodiscard]] std::string attempt_sentence(const attempt_status& a) {
  std::string text;
  switch (a.phase) {
    case attempt_phase::ordered:
      return fmt::format("An attempt at {} has been ordered and is about to be taken up.",
                         purpose(a.kind));
    case attempt_phase::blocked:
      text = fmt::format(
          "An attempt at {} waits until the release of its earlier resources is confirmed",
          purpose(a.kind));
      break;
    case attempt_phase::queued:
      text = fmt::format(
          "An attempt at {} waits for a place: as many as may run at once are "
          "running",
          purpose(a.kind));
      break;
    case attempt_phase::calling:
      text =
          fmt::format("The provider is at {}, try {} of {}", purpose(a.kind), a.tries, a.tries_max);
      if (a.next) text += fmt::format("; it counts as lost at {}", time_text(*a.next));
      break;
    case attempt_phase::pausing:
      text = fmt::format("Try {} of {} at {} failed", a.tries, a.tries_max, purpose(a.kind));
      if (a.next) text += fmt::format("; the next one is at {}", time_text(*a.next));
      break;
  }
  if (a.gives_up_at)
    text +=
        fmt::format(". It fails with InternalError at {} at the latest", time_text(*a.gives_up_at));
  return text + '.';
}

[[nodiscard]] std::string outlook(const explanation& e) {
  const function_view& f = e.now;
  if (e.attempt) return {};  // It says so itself.
  if (f.state == state::active && e.idle_at) {
    std::string running;
    if (e.in_flight == 1) running = "1 invocation runs now. ";
    if (e.in_flight > 1) running = fmt::format("{} invocations run now. ", e.in_flight);
    return running + fmt::format(
                         "Unless it is used before, it becomes Inactive at {}; it was last used at "
                         "{}.",
                         time_text(*e.idle_at), time_text(*e.last_used));
  }
  if (f.state == state::inactive && e.restore_pause_until)
    return fmt::format(
        "The last restore failed for a cause that needs a pause: invocations start "
        "a new one only from {} on.",
        time_text(*e.restore_pause_until));
  if (f.state == state::inactive)
    return "The next invocation is refused and brings it back; so does an update.";
  if (f.state == state::failed)
    return "Nothing moves it by itself: delete it and create it again once the cause is gone.";
  return {};
}

[[nodiscard]] std::string refusals(const explanation& e) {
  std::string refused;
  for (const call_verdict& each : e.calls) {
    if (each.answer == answer::accepted) continue;
    if (!refused.empty()) refused += ", ";
    refused += call_words(each.event);
  }
  if (refused.empty()) return "Every call is accepted now.";
  return "Refused now: " + refused + ". Everything else is accepted.";
}

}  // namespace

std::string_view to_string(attempt_phase what) noexcept {
  switch (what) {
    case attempt_phase::ordered: return "ordered";
    case attempt_phase::blocked: return "blocked";
    case attempt_phase::queued: return "queued";
    case attempt_phase::calling: return "calling";
    case attempt_phase::pausing: return "pausing";
  }
  return {};
}

std::string_view to_string(attempt_kind what) noexcept {
  switch (what) {
    case attempt_kind::create: return "create";
    case attempt_kind::update: return "update";
    case attempt_kind::restore: return "restore";
  }
  return {};
}

std::vector<std::string> sentences(const explanation& what) {
  std::vector<std::string> all;
  const auto add = [&all](std::string text) {
    if (!text.empty()) all.push_back(std::move(text));
  };
  add(situation(what.now));
  add(update_sentence(what.now));
  for (const transition& each : what.causes) add(cause_sentence(each));
  if (what.attempt) add(attempt_sentence(*what.attempt));
  add(outlook(what));
  add(refusals(what));
  return all;
}

}  // namespace fsm
