#pragma once

#include "invoke/runner.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace platform::execution {

/// An invocation on its way. Lives on the executor's thread.
struct job {
  invoke::invocation what;
  invoke::runner::finished done;
  /// Since when it waits for an environment, if it does.
  std::chrono::steady_clock::time_point queued{};

  [[nodiscard]] bool is_over() const noexcept { return !done; }

  /// Answers for it; later calls do nothing.
  void finish(invoke::outcome result) {
    if (const auto tell = std::exchange(done, nullptr)) tell(std::move(result));
    what.begin = nullptr;  // It holds who waits.
  }
};
using job_ptr = std::shared_ptr<job>;

}  // namespace platform::execution
