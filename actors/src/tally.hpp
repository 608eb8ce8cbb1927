#pragma once

#include <fsm/error.hpp>
#include <fsm/statistics.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fsm::detail {

/// A count that every thread raises on a cache line of its own. Threads are numbered by their
/// `epoch_reader`: no two that are alive have the same number.
class thread_count {
public:
  void add(std::uint32_t thread, std::uint64_t n) noexcept {
    if (thread >= lines) return void(rest_.fetch_add(n, std::memory_order_relaxed));
    std::atomic<std::uint64_t>& mine = lines_[thread].count;
    mine.store(mine.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t sum() const noexcept {
    std::uint64_t all = rest_.load(std::memory_order_relaxed);
    for (const line& each : lines_) all += each.count.load(std::memory_order_relaxed);
    return all;
  }

private:
  static constexpr std::size_t lines = 64;
  struct alignas(64) line {
    std::atomic<std::uint64_t> count{0};
  };
  std::array<line, lines> lines_{};
  std::atomic<std::uint64_t> rest_{0};
};

/// What a runtime counts of itself, for `runtime::statistics`. Any thread.
struct tally {
  using counter = std::atomic<std::uint64_t>;

  thread_count admissions;
  /// Admissions that CAF actors asked for by a message.
  counter admissions_by_message{0};
  std::array<counter, errc_count> refusals{};
  counter idle_proposals{0};
  counter idle_in_use{0};
  counter waits_fulfilled{0};
  counter waits_timed_out{0};
  counter waits_ended_otherwise{0};
  counter waiters{0};
  counter attempts_in_flight{0};
  counter releases_owed{0};
  counter last_sequence{0};

  static void raise(counter& which, std::uint64_t n = 1) noexcept {
    which.fetch_add(n, std::memory_order_relaxed);
  }
  static void lower(counter& which, std::uint64_t n = 1) noexcept {
    which.fetch_sub(n, std::memory_order_relaxed);
  }
  void refused(errc code) noexcept {
    const auto index = static_cast<std::size_t>(code);
    if (index < refusals.size()) raise(refusals[index]);
  }
};

}  // namespace fsm::detail
