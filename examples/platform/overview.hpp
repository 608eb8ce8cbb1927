#pragma once

#include "latency.hpp"
#include <fsm/observer.hpp>
#include <fsm/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace platform {

/// What an operator sees first: what a runtime has done lately, beside what it counts itself
/// (`fsm::runtime::count`, `statistics`). Any thread; memory is bounded.
class overview final : public fsm::observer {
public:
  static constexpr std::size_t recent_max = 20;

  /// What it knows at one moment.
  struct numbers {
    /// Since the start.
    std::uint64_t transitions = 0;
    std::uint64_t attempts_succeeded = 0;
    std::uint64_t attempts_failed = 0;
    std::uint64_t retries = 0;
    /// Of attempts that ended in the last minute or so, from the order to the end, in milliseconds
    /// of the runtime's clock.
    latency_window::quantiles latency;
    /// The last transitions, newest first.
    std::deque<fsm::transition> recent;
    std::chrono::milliseconds uptime{};
  };
  [[nodiscard]] numbers now() const;

  void on_transition(const fsm::transition& what) override;
  void on_attempt_ended(const fsm::attempt_result& what) override;

private:
  mutable std::mutex mutex_;
  mutable numbers so_far_;
  mutable latency_window latency_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace platform
