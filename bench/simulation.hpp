#pragma once

#include "bench_clock.hpp"
#include "call_window.hpp"
#include "flags.hpp"
#include "measure.hpp"
#include "population.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace bench {

/// A part of the functions, for one thread.
struct share_of_functions {
  std::size_t thread;
  std::uint64_t first;
  std::uint64_t last;
};

/// A runtime in simulated time, with a store as the flags say and the instant provider. Nothing is
/// kept per function: names are made when they are needed.
class simulation {
public:
  /// Functions are created as `what` says, which leaves the name alone; null = with nothing but
  /// that. Time passes as fast as real time until the clock is told otherwise. Throws
  /// `std::runtime_error` when the runtime does not start.
  simulation(const settings& how, fsm::duration idle_after, const describe_function& what = {});

  /// Creates every function, to Active, with so many creates outstanding per thread as `settings`
  /// says (256 if it does not).
  [[nodiscard]] measurement create_all();
  /// Removes every function.
  [[nodiscard]] measurement remove_all();

  /// Lets each thread work on its part while a progress line shows `label`. `work` counts
  /// `progress()` up as it goes. The time is that of the slowest.
  [[nodiscard]] measurement in_parts(
      const std::string& label, const std::function<measurement(const share_of_functions&)>& work);
  [[nodiscard]] std::atomic<std::uint64_t>& progress() noexcept { return progress_; }

  /// Functions in these situations now.
  [[nodiscard]] std::uint64_t count(fsm::pair_set situations);

  [[nodiscard]] fsm::runtime& runtime() noexcept { return population_.runtime(); }
  [[nodiscard]] bench_clock& clock() noexcept { return *clock_; }
  [[nodiscard]] std::uint64_t functions() const noexcept { return settings_.functions; }
  /// Growth of resident memory while the functions were created, per function.
  [[nodiscard]] double bytes_per_function() const noexcept {
    return population_.bytes_per_function();
  }

private:
  settings settings_;
  std::size_t in_flight_;
  std::shared_ptr<bench_clock> clock_ = std::make_shared<bench_clock>();
  /// Callbacks may still be on their last instructions when their thread has gone on: the windows
  /// go after the runtime.
  std::deque<call_window> windows_;
  population population_;
  std::atomic<std::uint64_t> progress_{0};
};

}  // namespace bench
