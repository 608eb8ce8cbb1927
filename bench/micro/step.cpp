// fsm::step, by what an event does, and along a random walk.
#include "scenarios/step.hpp"

#include <fsm/step.hpp>

#include <benchmark/benchmark.h>

namespace {

using fsm::event;

/// The record of a function after `events`, each of which belongs to the latest attempt.
fsm::lifecycle_record after(std::initializer_list<event> events) {
  fsm::lifecycle_record record;
  for (const auto what : events) {
    record = fsm::step(record, {.event = what, .attempt = record.attempt}).next;
  }
  return record;
}

void step_repeatedly(benchmark::State& state, const fsm::lifecycle_record& record,
                     const fsm::happening& what, fsm::answer expected) {
  auto from = record;
  auto happened = what;
  for (auto _ : state) {
    benchmark::DoNotOptimize(from);
    benchmark::DoNotOptimize(happened);
    const auto outcome = fsm::step(from, happened);
    benchmark::DoNotOptimize(outcome);
  }
  if (fsm::step(record, what).answer != expected) state.SkipWithError("another answer");
}

void step_read(benchmark::State& state) {
  const auto ready = after({event::create, event::provision_succeeded});
  step_repeatedly(state, ready, {.event = event::read}, fsm::answer::accepted);
}
void step_moving(benchmark::State& state) {
  const auto creating = after({event::create});
  step_repeatedly(state, creating, {.event = event::provision_succeeded, .attempt = 1},
                  fsm::answer::accepted);
}
void step_guarded(benchmark::State& state) {
  const auto idle = after({event::create, event::provision_succeeded, event::idle_due});
  step_repeatedly(state, idle, {.event = event::invoke}, fsm::answer::initializing);
}
void step_refused(benchmark::State& state) {
  const auto updating = after({event::create, event::provision_succeeded, event::update});
  step_repeatedly(state, updating, {.event = event::update}, fsm::answer::update_in_progress);
}
void step_stale_completion(benchmark::State& state) {
  const auto updating = after({event::create, event::provision_succeeded, event::update});
  step_repeatedly(state, updating, {.event = event::update_succeeded, .attempt = 1},
                  fsm::answer::ignored);
}
void step_wrong_revision(benchmark::State& state) {
  const auto ready = after({event::create, event::provision_succeeded});
  step_repeatedly(state, ready, {.event = event::update, .expected_revision = 99},
                  fsm::answer::revision_mismatch);
}

void step_walk(benchmark::State& state) {
  const auto walk = bench::legal_walk(1, 65'536);
  fsm::lifecycle_record record;
  std::size_t turn = 0;
  for (auto _ : state) {
    record = fsm::step(record, bench::on_the_walk(record, walk[turn])).next;
    turn = turn + 1 == walk.size() ? 0 : turn + 1;
    benchmark::DoNotOptimize(record);
  }
}

BENCHMARK(step_read);
BENCHMARK(step_moving);
BENCHMARK(step_guarded);
BENCHMARK(step_refused);
BENCHMARK(step_stale_completion);
BENCHMARK(step_wrong_revision);
BENCHMARK(step_walk);

}  // namespace
