// What a call does with the text that names a function.
#include "directory.hpp"
#include <fsm/name.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace {

void hash_name(benchmark::State& state) {
  const std::string name(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    std::string_view text = name;
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(fsm::detail::name_hash(text));
  }
}

void parse_reference(benchmark::State& state, const char* text) {
  for (auto _ : state) {
    auto parsed = fsm::parse_function_ref(text, fsm::name_rule::lookup);
    benchmark::DoNotOptimize(parsed);
    if (!parsed) return state.SkipWithError("refused");
  }
}

BENCHMARK(hash_name)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(parse_reference, name, "function-0000001");
BENCHMARK_CAPTURE(parse_reference, qualified, "function-0000001:$LATEST");
BENCHMARK_CAPTURE(parse_reference, arn,
                  "arn:aws:lambda:eu-central-1:123456789012:function:function-0000001");

}  // namespace
