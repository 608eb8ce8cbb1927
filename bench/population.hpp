#pragma once

#include "create_window.hpp"
#include "flags.hpp"
#include "measure.hpp"
#include "names.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>

namespace caf {
class actor_system;
}

namespace bench {

/// A runtime with the null store and the instant provider, and the functions a scenario works on.
class population {
public:
  /// `names` must outlive it. With a `system` its actors live there. Throws `std::runtime_error`
  /// when the runtime does not start.
  population(const settings& how, const name_list& names, caf::actor_system* system = nullptr);

  /// Creates every function, to Active, and measures that. `threads` work with `in_flight` creates
  /// outstanding each; 1 = the synchronous call. With a rate it ends after `how.seconds`, otherwise
  /// when all functions exist.
  [[nodiscard]] measurement create_all(std::size_t threads, std::size_t in_flight, const pace& how);

  /// The same as a preparation, as fast as possible. Throws `std::runtime_error` when anything
  /// fails.
  void fill(std::size_t threads);

  [[nodiscard]] fsm::runtime& runtime() noexcept { return *runtime_; }
  [[nodiscard]] const name_list& names() const noexcept { return names_; }
  /// Growth of resident memory while the functions were created, per function.
  [[nodiscard]] double bytes_per_function() const noexcept { return bytes_per_function_; }

private:
  const name_list& names_;
  /// Callbacks may still be on their last instructions when their thread has gone on: the windows
  /// go after the runtime.
  std::deque<create_window> windows_;
  std::optional<fsm::runtime> runtime_;
  double bytes_per_function_ = 0;
};

/// Creates outstanding per thread when functions are created as a preparation.
inline constexpr std::size_t fill_in_flight = 256;

}  // namespace bench
