// The right to run one invocation more, taken and given back.
#include <fsm/concurrency.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace {

void acquire_and_release(benchmark::State& state, std::uint32_t reservations, const char* name) {
  static fsm::concurrency_limiter limiter{100'000};  // Shared by the threads of one run.
  if (state.thread_index() == 0) {
    for (std::uint32_t i = 0; i < reservations; ++i) {
      if (!limiter.set_reserved("reserved-" + std::to_string(i), 10))
        return state.SkipWithError("does not fit");
    }
  }
  for (auto _ : state) {
    if (!limiter.acquire(name, "$LATEST")) return state.SkipWithError("refused");
  }
}

BENCHMARK_CAPTURE(acquire_and_release, without_settings, 0, "f")
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();
BENCHMARK_CAPTURE(acquire_and_release, among_1000_reservations, 1000, "f")
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();
BENCHMARK_CAPTURE(acquire_and_release, reserved, 1000, "reserved-7")
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

}  // namespace
