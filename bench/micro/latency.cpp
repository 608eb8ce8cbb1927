// What a sample costs the benchmarks themselves.
#include "latency.hpp"

#include "random.hpp"

#include <benchmark/benchmark.h>

namespace {

void add_latency(benchmark::State& state) {
  bench::latency_histogram all;
  bench::random_numbers random{1};
  for (auto _ : state) {
    all.add(bench::nanoseconds{static_cast<double>(random.below(1'000'000))});
  }
  if (all.count() != static_cast<std::uint64_t>(state.iterations())) {
    state.SkipWithError("a sample was lost");
  }
}

void read_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(bench::clock::now());
}

BENCHMARK(add_latency);
BENCHMARK(read_clock);

}  // namespace
