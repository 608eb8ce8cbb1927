#pragma once

#include "call_window.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace bench {

/// Calls about functions one after the other, each once: one thread's share of them.
class function_range : public windowed_work {
public:
  /// `progress`, which all threads share, is counted up in steps.
  function_range(std::uint64_t first, std::uint64_t last, std::atomic<std::uint64_t>& progress)
      : progress_{progress}, next_{first}, last_{last} {}

  std::optional<std::uint64_t> next() final {
    constexpr std::uint64_t progress_interval = 1024;
    if (next_ == last_) return std::nullopt;
    if (next_ % progress_interval == 0) {
      progress_.fetch_add(progress_interval, std::memory_order_relaxed);
    }
    return next_++;
  }

private:
  std::atomic<std::uint64_t>& progress_;
  std::uint64_t next_;
  std::uint64_t last_;
};

}  // namespace bench
