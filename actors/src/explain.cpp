// Why a function is in its state, and what would move it.
#include "core.hpp"
#include "function_actor.hpp"
#include "provisioner.hpp"
#include "views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fsm::detail {

namespace {

constexpr std::array calls{event::invoke, event::invoke_async, event::update,    event::publish,
                           event::tag,    event::permit,       event::configure, event::remove};

/// Events that only tell how something went that an earlier event began.
[[nodiscard]] bool is_outcome(event what) noexcept {
  switch (what) {
    case event::attempt_started:
    case event::provision_succeeded:
    case event::provision_failed:
    case event::update_succeeded:
    case event::update_failed:
    case event::restore_succeeded:
    case event::restore_failed: return true;
    default: return false;
  }
}

/// What led to the present situation: from the last event that began something, on.
[[nodiscard]] std::vector<transition> causes_in(std::vector<transition> history) {
  const auto moves = [](const transition& t) { return t.from != t.to || is_outcome(t.event); };
  std::erase_if(history, [&moves](const transition& t) { return !moves(t); });
  const auto began = std::find_if(history.rbegin(), history.rend(),
                                  [](const transition& t) { return !is_outcome(t.event); });
  if (began != history.rend()) history.erase(history.begin(), std::prev(began.base()));
  return history;
}

[[nodiscard]] std::vector<call_verdict> verdicts_on(const core& o, const lifecycle_record& record,
                                                    timestamp now) {
  std::vector<call_verdict> verdicts;
  for (const event each : calls) {
    const outcome result = step(record, {.event = each, .at = now}, o.how.policy);
    verdicts.push_back({.event = each,
                        .answer = result.answer,
                        .rule = std::string{result.rule != nullptr ? result.rule->id : ""}});
  }
  return verdicts;
}

[[nodiscard]] bool waits_for_attempt(const lifecycle_record& record) noexcept {
  return record.pair.state == state::pending || record.target() != 0;
}

[[nodiscard]] attempt_kind kind_of(const lifecycle_record& record) noexcept {
  if (record.target() != 0) return attempt_kind::update;
  return record.pair == pairs::creating ? attempt_kind::create : attempt_kind::restore;
}

/// The attempt the function waits for.
[[nodiscard]] std::optional<attempt_status> find_attempt(core& o, std::uint64_t uid,
                                                         const lifecycle_record& record) {
  if (!waits_for_attempt(record)) return std::nullopt;
  attempt_question question;
  question.uid = uid;
  auto* asked = new attempt_asked;
  asked->question = &question;
  o.ask(*o.provisioner.operator->(), *asked, question.here);
  if (question.answer && question.answer->token.number == record.attempt) return question.answer;
  // The order is on its way to the provisioner, or the outcome is on its way back.
  return attempt_status{.token = {uid, record.attempt},
                        .kind = kind_of(record),
                        .phase = attempt_phase::ordered,
                        .tries = 0,
                        .tries_max = o.how.provisioner.attempts_max,
                        .next = {},
                        .gives_up_at = {}};
}

void add_use(const core& o, const function_actor& who, const lifecycle_record& record,
             explanation& into) {
  const hot_line& line = who.line();
  into.in_flight = line.word.load().in_flight();
  if (record.pair.state != state::active) return;
  into.last_used = line.last_use();
  if (record.target() != 0) return;  // Not while an update runs.
  into.idle_at = line.last_use() + o.idle_after(line.idle_policy);
  // Lost completions are waited for, but not for ever.
  if (into.in_flight != 0)
    into.idle_at = std::max(*into.idle_at, line.last_use() + o.how.admission_timeout);
}

}  // namespace

expected<explanation> explain_function(core& o, std::string_view name) {
  const caf::strong_actor_ptr handle = o.find(name);
  if (handle == nullptr)
    return o.refuse({errc::not_found, fmt::format("there is no function {}", name)});
  function_actor& who = function_of(handle);
  sync_call c;
  c.what = {.event = event::read, .at = o.clock->now()};
  o.ask(who, c);
  expected<function_view> seen = await_view(o, name, c, false);
  if (!seen) return unexpected(seen.error());
  auto history = await<std::vector<transition>>(
      [&](auto done) { o.store->read_history(seen->uid, std::move(done)); });
  if (!history) return unexpected(history.error());

  const lifecycle_record& record = c.found.record;
  explanation result;
  result.now = *std::move(seen);
  result.causes = causes_in(*std::move(history));
  for (transition& t : result.causes) t.name = name;
  result.attempt = find_attempt(o, c.found.uid, record);
  add_use(o, who, record, result);
  const timestamp now = o.clock->now();
  const bool is_paused = record.pair.state == state::inactive && needs_pause(record.state_reason) &&
                         now - record.since < restore_pause;
  if (is_paused) result.restore_pause_until = record.since + restore_pause;
  result.calls = verdicts_on(o, record, now);
  return result;
}

}  // namespace fsm::detail
