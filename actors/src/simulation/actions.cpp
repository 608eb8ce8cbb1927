#include "simulation/actions.hpp"

#include "simulation/world.hpp"

#include <fmt/format.h>

#include <array>

namespace fsm::simulated {

using namespace std::chrono_literals;

namespace {

// -- calls ----------------------------------------------------------------------------------------

/// A full journal refuses at once what needs room in it. (So does a store that has failed, whatever
/// room there is.)
void check_overload(world& w, const statistics& before) {
  if (!w.current().runtime->health()) return;
  const bool is_refused =
      w.callers().last_is_answered() && w.callers().last_answer() == errc::too_many_requests;
  if (is_refused) w.faults().count(fault::overload);
  if (!is_refused && before.transitions_under_way >= w.how().journal_max)
    w.fail("a full journal took one more transition");
}

void create(world& w, chance& luck) {
  const statistics before = w.current().runtime->statistics();
  create_request what{.name = w.name(), .document = fmt::format("{}", luck.next() % 1000)};
  what.tenant = luck.happens(0.5) ? "blue" : "green";
  if (luck.happens(0.1)) what.metadata = "some";
  w.current().runtime->create(std::move(what),
                              w.callers().open(w.current(), event::create, w.name()));
  check_overload(w, before);
}

/// The revision that the caller may expect: mostly none, sometimes the right one, or a wrong one.
std::uint32_t expected_revision(world& w, chance& luck) {
  const simulated_function* const f = w.known().find(w.name());
  if (f == nullptr || luck.happens(0.7)) return 0;
  return luck.happens(0.5) ? f->record.revision : f->record.revision + 1;
}

void update(world& w, chance& luck) {
  const statistics before = w.current().runtime->statistics();
  update_request what{.name = w.name(),
                      .document = fmt::format("{}", luck.next() % 1000),
                      .expected_revision = expected_revision(w, luck),
                      .dry_run = luck.happens(0.1)};
  const bool is_dry = what.dry_run;
  const bool exists = w.known().find(w.name()) != nullptr;
  w.current().runtime->update(
      std::move(what),
      w.callers().open(w.current(), is_dry ? event::update_dry_run : event::update, w.name()));
  if (exists) check_overload(w, before);
}

void change(world& w, chance& luck) {
  constexpr std::array events{event::tag,     event::configure, event::permit,
                              event::publish, event::republish, event::alias_target};
  const event which = events[luck.below(events.size())];
  change_request what{.name = w.name(),
                      .event = which,
                      .metadata = {},
                      .expected_revision = expected_revision(w, luck)};
  const bool may_bring = which != event::republish && which != event::alias_target;
  if (may_bring && luck.happens(0.5)) what.metadata = fmt::format("{}", luck.next() % 1000);
  w.current().runtime->change(std::move(what), w.callers().open(w.current(), which, w.name()));
}

void remove(world& w, chance& luck) {
  const statistics before = w.current().runtime->statistics();
  const bool exists = w.known().find(w.name()) != nullptr;
  w.current().runtime->remove(w.name(), expected_revision(w, luck),
                              w.callers().open(w.current(), event::remove, w.name()));
  if (exists) check_overload(w, before);
}

void get(world& w, chance& /*luck*/) {
  w.current().runtime->get(w.name(), w.callers().open(w.current(), event::read, w.name()));
}

void invoke_async(world& w, chance& /*luck*/) {
  if (const simulated_function* f = w.known().find(w.name())) w.known().may_have_used(f->uid);
  w.current().runtime->admit_async(w.name(),
                                   w.callers().open(w.current(), event::invoke_async, w.name()));
}

void invoke(world& w, chance& luck) {
  fsm::runtime& runtime = *w.current().runtime;
  if (w.known().find(w.name()) == nullptr) return;
  if (!runtime.admits(w.name())) return w.current().scheduler.invoke(runtime, w.name());
  auto admitted = runtime.admit(w.name());
  if (!admitted) return w.fail("what admits has refused: " + admitted.error().message);
  // Some are given back soon, some run on, some are lost; those run until their owner ends.
  w.hold(*std::move(admitted));
  if (luck.happens(0.5)) w.complete_one(luck);
}

void complete(world& w, chance& luck) {
  if (!w.faults().strikes(fault::admission_lost, luck)) w.complete_one(luck);
}

void wait(world& w, chance& luck) {
  constexpr std::array conditions{active, inactive, ready, settled, gone, exists, failed};
  condition what = conditions[luck.below(conditions.size())];
  const simulated_function* const f = w.known().find(w.name());
  if (f != nullptr && luck.happens(0.3)) what.after = f->last_sequence;
  const duration timeout = luck.up_to(luck.happens(0.5) ? 10s : 30min);
  auto answer = w.callers().open_wait(w.current(), what, timeout, w.name());
  w.callers().keep(w.current().runtime->wait(w.name(), what, timeout, std::move(answer)));
}

void cancel(world& w, chance& luck) { w.callers().cancel_one(luck); }

/// More calls than small queues hold, while the store is slow. Half of the storms come from a crowd
/// of functions: one alone never has two transitions on their way.
void storm(world& w, chance& luck) {
  if (w.faults().rate(fault::overload) == 0) return;
  const bool is_crowd = luck.happens(0.5);
  const double rate = w.faults().rate(fault::store_held);
  w.faults().set(fault::store_held, 1);
  const std::size_t count = 16 + luck.below(64);
  for (std::size_t i = 0; i < count && !w.has_failed(); ++i) {
    if (is_crowd) w.pick_from_crowd(luck);
    switch (luck.below(4)) {
      case 0: create(w, luck); break;
      case 1: update(w, luck); break;
      case 2: change(w, luck); break;
      default: remove(w, luck); break;
    }
    w.run(luck.below(4), luck);
  }
  w.faults().set(fault::store_held, rate);
  if (luck.happens(0.7)) w.store().let_through();
}

// -- time and trouble -----------------------------------------------------------------------------

void pass_seconds(world& w, chance& luck) { w.pass(luck.up_to(10s), luck, luck.happens(0.5)); }
void pass_minutes(world& w, chance& luck) { w.pass(luck.up_to(10min), luck, true); }
void pass_idle_time(world& w, chance& luck) {
  w.pass(luck.up_to(w.how().idle_after + w.how().idle_after / 4), luck, true);
}
void quiet(world& w, chance& luck) { w.pass(1ms, luck, true); }

void jump(world& w, chance& luck) {
  if (w.faults().rate(fault::clock_jump) == 0) return;
  w.faults().count(fault::clock_jump);
  w.clock().jump(luck.up_to(luck.happens(0.5) ? duration{1min} : w.how().idle_after));
}

void let_through(world& w, chance& /*luck*/) { w.store().let_through(); }

void crash(world& w, chance& luck) {
  const bool has_failed = w.current().runtime->health().has_value() == false;
  if (!has_failed && w.faults().rate(fault::crash) == 0) return;
  w.crash(luck.happens(0.7) ? duration{} : luck.up_to(1h));
}

void restart(world& w, chance& luck) { w.restart(luck); }

void pause(world& w, chance& /*luck*/) {
  if (w.faults().rate(fault::owner_paused) == 0) return;
  if (!w.has_paused()) return w.pause();
  w.resume();
}

void end_paused(world& w, chance& /*luck*/) { w.end_paused(); }

constexpr auto actions = std::to_array<built_in_action>({
    {"create", 120, create},
    {"update", 110, update},
    {"change", 70, change},
    {"remove", 40, remove},
    {"get", 40, get},
    {"invoke", 190, invoke},
    {"invoke_async", 30, invoke_async},
    {"complete", 90, complete},
    {"wait", 60, wait},
    {"cancel", 10, cancel},
    {"storm", 10, storm},
    {"pass_seconds", 70, pass_seconds},
    {"pass_minutes", 40, pass_minutes},
    {"pass_idle_time", 15, pass_idle_time},
    {"quiet", 40, quiet},
    {"jump", 10, jump},
    {"let_through", 20, let_through},
    {"crash", 15, crash},
    {"restart", 4, restart},
    {"pause", 10, pause},
    {"end_paused", 6, end_paused},
});

consteval std::uint32_t total_weight() {
  std::uint32_t sum = 0;
  for (const built_in_action& a : actions) sum += a.weight;
  return sum;
}
static_assert(total_weight() == 1000);

}  // namespace

std::span<const built_in_action> built_in_actions() noexcept { return actions; }

}  // namespace fsm::simulated
