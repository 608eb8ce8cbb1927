// Finding a name among many. The names themselves are looked at, as in the runtime.
#include "directory.hpp"

#include "names.hpp"

#include <benchmark/benchmark.h>

namespace {

using fsm::detail::directory;
using fsm::detail::epoch_domain;

/// A directory of all names but the last tenth, which are nowhere.
struct filled_directory {
  [[nodiscard]] auto name_of() const {
    return [this](std::uint32_t slot) { return names[slot]; };
  }
  explicit filled_directory(std::size_t count)
      : present{count}, names{count + count / 10 + 1}, index{epochs, names.size()} {
    const epoch_domain::pin pinned{epochs};
    for (std::uint32_t i = 0; i < present; ++i) {
      (void)index.find_or_add(names[i], name_of(), [i] { return i; });
    }
  }
  std::size_t present;
  bench::name_list names;
  epoch_domain epochs;
  directory index;
};

void find_in(benchmark::State& state, bool hit) {
  const filled_directory all{static_cast<std::size_t>(state.range(0))};
  const auto first = hit ? 0 : all.present;
  const auto count = hit ? all.present : all.names.size() - all.present;
  const epoch_domain::pin pinned{const_cast<epoch_domain&>(all.epochs)};
  std::size_t turn = 0;
  for (auto _ : state) {
    turn = (turn + 611'953) % count;  // A prime: all of them, in no order the memory likes.
    const auto found = all.index.find(all.names[first + turn], all.name_of());
    if ((found != directory::none) != hit) return state.SkipWithError("a wrong answer");
  }
}

BENCHMARK_CAPTURE(find_in, hit, true)->Arg(1'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(find_in, miss, false)->Arg(1'000)->Arg(1'000'000);

}  // namespace
