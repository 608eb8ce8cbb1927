#pragma once

#include "flags.hpp"
#include "measure.hpp"

#include <cstdint>
#include <memory>

namespace bench {

/// A scenario, or a peer's side of it, ready to be measured as often as one likes.
class workload {
public:
  virtual ~workload() = default;

  /// Measures once. Bounded by `how.seconds` where the scenario does not say otherwise; ends early
  /// when interrupted.
  [[nodiscard]] virtual measurement measure(const pace& how) = 0;

  /// Functions that are alive. 0 = the scenario makes none.
  [[nodiscard]] virtual std::uint64_t functions() const { return 0; }
  /// Resident memory that creating the functions took, each. 0 = the scenario makes none.
  [[nodiscard]] virtual double bytes_per_function() const { return 0; }
  /// Resident memory at the end of the work, when that was in another process or is already given
  /// back; else 0.
  [[nodiscard]] virtual std::uint64_t rss_bytes() const { return 0; }
};

/// These may take a while: they create all functions. They throw `std::runtime_error` when that
/// fails.
[[nodiscard]] std::unique_ptr<workload> make_step(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_create(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_invoke(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_invoke_batch(const settings& how);
/// Throws `usage_error` in a build without the examples, to which the metrics belong.
[[nodiscard]] std::unique_ptr<workload> make_invoke_metrics(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_message(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_update(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_idle_sweep(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_wake_storm(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_waiters(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_list(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_mixed(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_life(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_overload(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_acknowledge(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_recover(const settings& how);

// The peers.
/// The lifecycle as nested `switch` statements, next to `step`.
[[nodiscard]] std::unique_ptr<workload> make_hand_written_switch(const settings& how);
/// What the memory of this machine allows, one name after the other and in batches.
[[nodiscard]] std::unique_ptr<workload> make_hardware_probe(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_hardware_probe_batch(const settings& how);
/// A CAF actor system as one would write it first.
[[nodiscard]] std::unique_ptr<workload> make_naive_caf(const settings& how);
/// Erlang/OTP, in a process of its own. Need `missing_erlang` to be empty.
[[nodiscard]] std::unique_ptr<workload> make_erlang_create(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_erlang_invoke(const settings& how);
[[nodiscard]] std::unique_ptr<workload> make_erlang_message(const settings& how);

/// Waiters that `waiters` arms at once, at most: as many as the library allows by default.
inline constexpr std::uint64_t waiters_at_once_max = std::uint64_t{1} << 22;

/// Seconds to warm up before a measurement of `seconds`.
[[nodiscard]] inline double warm_up_seconds(double seconds) {
  return seconds < 5 ? seconds / 5 : 1;
}

}  // namespace bench
