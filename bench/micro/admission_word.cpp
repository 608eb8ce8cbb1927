// The right to run one invocation: given, and given back.
#include "admission_word.hpp"

#include <benchmark/benchmark.h>

namespace {

void admit_and_complete(benchmark::State& state) {
  static fsm::detail::admission_word word;  // Shared by the threads of one run.
  if (state.thread_index() == 0) word.open();
  for (auto _ : state) {
    auto seen = word.load();
    while (!word.try_admit(seen)) {
    }
    if (!word.try_complete(seen.generation())) return state.SkipWithError("not given back");
  }
}

BENCHMARK(admit_and_complete)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
