#pragma once

#include "child_process.hpp"
#include "workload.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace bench {

/// How to run a peer that is a program of its own, and how long it may take.
struct remote_program {
  /// What errors call it.
  std::string name;
  std::vector<std::string> arguments;
  /// What its rounds are called.
  std::string scenario;
  /// Until it is ready: it creates its functions first.
  std::chrono::milliseconds start_patience{60'000};
  /// For a round, on top of the round's own time.
  std::chrono::milliseconds round_patience{30'000};
};

/// A peer in a process of its own, which keeps its functions and measures when told. When it is
/// ready it writes
///   functions N rss_bytes N
/// For each line "round SCENARIO SECONDS" it measures and answers
///   ops N seconds N samples N bytes_per_function N rss_bytes N
/// and one line "latency_ns N" per sample. It ends when its stdin does. Anything else it writes,
/// its end, and its silence are errors: `std::runtime_error`.
class remote_workload : public workload {
public:
  /// Starts it and waits until it is ready.
  explicit remote_workload(const remote_program& program);

  measurement measure(const pace& how) override;
  std::uint64_t functions() const override { return functions_; }
  double bytes_per_function() const override { return bytes_per_function_; }
  std::uint64_t rss_bytes() const override { return rss_bytes_; }

private:
  [[nodiscard]] std::vector<double> read_values(std::chrono::milliseconds patience,
                                                const std::vector<std::string_view>& names);

  remote_program program_;
  child_process child_;
  std::uint64_t functions_ = 0;
  double bytes_per_function_ = 0;
  std::uint64_t rss_bytes_ = 0;
};

}  // namespace bench
