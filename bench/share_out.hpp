#pragma once

#include "interrupt.hpp"
#include "measure.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>

namespace bench {

/// Turns a thread takes at once.
inline constexpr std::uint64_t share_piece = 64;

/// Has turns 0 to `total` worked off by `threads` threads, each taking the next few when it is done
/// with the last; ends early when interrupted. `work(turn, mine)` counts what it did into `mine`.
/// `at_end`, if given, is called by each thread behind its last turn. How fair it was is told only
/// when there was enough for all.
[[nodiscard]] inline measurement share_out(
    std::size_t threads, std::uint64_t total,
    const std::function<void(std::uint64_t, measurement&)>& work,
    const std::function<void(measurement&)>& at_end = {}) {
  constexpr std::uint64_t pieces_for_fairness = 16;
  std::atomic<std::uint64_t> taken{0};
  const auto parts = in_parallel(threads, [&](std::size_t, time_point begin) {
    measurement mine;
    for (auto first = taken.fetch_add(share_piece); first < total && !interrupted();
         first = taken.fetch_add(share_piece)) {
      const auto last = std::min(first + share_piece, total);
      for (auto turn = first; turn < last; ++turn) work(turn, mine);
    }
    if (at_end) at_end(mine);
    mine.seconds = seconds_between(begin, clock::now());
    return mine;
  });
  auto all = together(parts, {});
  if (total < threads * share_piece * pieces_for_fairness) all.slowest_thread_share.reset();
  return all;
}

}  // namespace bench
