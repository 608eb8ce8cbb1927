// Which functions are in which situation: told of a move, and asked for 64 of them.
#include "state_index.hpp"

#include "random.hpp"

#include <benchmark/benchmark.h>

namespace {

using fsm::detail::state_index;
namespace pairs = fsm::pairs;

void move_slot(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  state_index index{count};
  for (std::uint32_t i = 0; i < count; ++i) index.move(i, pairs::absent, pairs::ready);
  bench::random_numbers random{1};
  for (auto _ : state) {
    const auto slot = static_cast<std::uint32_t>(random.below(count));
    index.move(slot, pairs::ready, pairs::idle);
    index.move(slot, pairs::idle, pairs::ready);
  }
  state.SetItemsProcessed(2 * state.iterations());
  if (index.count(fsm::index_of(pairs::ready)) != count) state.SkipWithError("a slot was lost");
}

void read_word(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  state_index index{count};
  for (std::uint32_t i = 0; i < count; ++i) index.move(i, pairs::absent, pairs::ready);
  const fsm::pair_set ready{static_cast<std::uint16_t>(1U << fsm::index_of(pairs::ready))};
  std::size_t at = 0;
  for (auto _ : state) {
    if (index.word(at, ready) == 0) return state.SkipWithError("nobody is ready");
    at = at + 1 == count / 64 ? 0 : at + 1;
  }
}

BENCHMARK(move_slot)->Arg(1'024)->Arg(1'048'576);
BENCHMARK(read_word)->Arg(1'024)->Arg(1'048'576);

}  // namespace
