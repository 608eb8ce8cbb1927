#pragma once

#include "interrupt.hpp"
#include "measure.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace bench {

/// Has turns 0 to `total` worked off by `threads` threads, each taking the next few when it is done
/// with the last; ends early when interrupted. `work(turn, mine)` counts what it did into `mine`.
/// `at_end`, if given, is called by each thread behind its last turn. Gives what each measured.
[[nodiscard]] inline std::vector<measurement> share_out(
    std::size_t threads, std::uint64_t total,
    const std::function<void(std::uint64_t, measurement&)>& work,
    const std::function<void(measurement&)>& at_end = {}) {
  constexpr std::uint64_t piece = 64;
  std::atomic<std::uint64_t> taken{0};
  return in_parallel(threads, [&](std::size_t, time_point begin) {
    measurement mine;
    for (auto first = taken.fetch_add(piece); first < total && !interrupted();
         first = taken.fetch_add(piece)) {
      const auto last = std::min(first + piece, total);
      for (auto turn = first; turn < last; ++turn) work(turn, mine);
    }
    if (at_end) at_end(mine);
    mine.seconds = seconds_between(begin, clock::now());
    return mine;
  });
}

}  // namespace bench
