// A message into a mailbox and out of it, without the actor.
#include "mailbox.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace {

struct letter {
  letter* following = nullptr;
  [[nodiscard]] letter* next() const noexcept { return following; }
  void next(letter* other) noexcept { following = other; }
};

void push_and_take(benchmark::State& state) {
  fsm::detail::mailbox<letter> box;
  std::vector<letter> letters(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    bool starts = false;
    for (auto& each : letters) starts = box.push(&each) || starts;
    auto* const oldest = box.take_all();
    benchmark::DoNotOptimize(oldest);
    if (!starts || oldest != &letters.front() || !box.try_idle()) {
      return state.SkipWithError("not what was pushed");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(push_and_take)->Arg(1)->Arg(16);

}  // namespace
