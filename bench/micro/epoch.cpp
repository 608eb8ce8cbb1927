// What a reader pays for looking at memory that others may free.
#include "epoch.hpp"

#include <benchmark/benchmark.h>

namespace {

void pin_epoch(benchmark::State& state) {
  static fsm::detail::epoch_domain epochs;  // Shared by the threads of one run.
  for (auto _ : state) {
    const fsm::detail::epoch_domain::pin pinned{epochs};
    benchmark::ClobberMemory();
  }
}

BENCHMARK(pin_epoch)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
