// Deadlines: armed, taken back, and come up.
#include "timing_wheel.hpp"

#include "random.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using fsm::detail::timing_wheel;

struct entry {
  std::uint32_t next = 0xFFFF'FFFF;
  std::uint32_t previous = 0xFFFF'FFFF;
  std::uint64_t due = 0;
};

struct links {
  std::vector<entry>* all;
  [[nodiscard]] std::uint32_t& next(std::uint32_t n) const noexcept { return (*all)[n].next; }
  [[nodiscard]] std::uint32_t& previous(std::uint32_t n) const noexcept {
    return (*all)[n].previous;
  }
  [[nodiscard]] std::uint64_t due(std::uint32_t n) const noexcept { return (*all)[n].due; }
};

/// Two weeks in milliseconds: what idle functions wait for.
constexpr std::uint64_t longest = std::uint64_t{14} * 24 * 3600 * 1000;

/// A wheel in which each of `count` entries has a deadline.
struct armed_wheel {
  explicit armed_wheel(std::size_t count) : entries(count), wheel{links{&entries}} {
    for (std::uint32_t n = 0; n < count; ++n) arm(n);
  }
  void arm(std::uint32_t n) {
    entries[n].due = wheel.now() + 1 + random.below(longest);
    wheel.arm(n);
  }
  bench::random_numbers random{1};
  std::vector<entry> entries;
  timing_wheel<links> wheel;
};

void arm_and_disarm(benchmark::State& state) {
  armed_wheel all{static_cast<std::size_t>(state.range(0))};
  for (auto _ : state) {
    const auto n = static_cast<std::uint32_t>(all.random.below(all.entries.size()));
    all.wheel.disarm(n);
    all.arm(n);
  }
  if (all.wheel.size() != all.entries.size()) state.SkipWithError("an entry was lost");
}

/// Per iteration one entry comes up and is armed again, however much time passes until then.
void advance_to_next(benchmark::State& state) {
  armed_wheel all{static_cast<std::size_t>(state.range(0))};
  std::int64_t expired = 0;
  for (auto _ : state) {
    for (const auto before = expired; expired == before;) {
      all.wheel.advance(all.wheel.next_tick(), [&](std::uint32_t n) {
        ++expired;
        all.arm(n);
      });
    }
  }
  state.SetItemsProcessed(expired);
  if (all.wheel.size() != all.entries.size()) state.SkipWithError("an entry was lost");
}

BENCHMARK(arm_and_disarm)->Arg(1'000)->Arg(1'000'000);
BENCHMARK(advance_to_next)->Arg(1'000)->Arg(1'000'000);

}  // namespace
