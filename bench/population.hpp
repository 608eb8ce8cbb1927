#pragma once

#include "call_window.hpp"
#include "create_work.hpp"
#include "flags.hpp"
#include "measure.hpp"
#include "names.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

namespace caf {
class actor_system;
}

namespace bench {

/// The options of a benchmark's runtime: a new store as the flags say, or `store`; instant
/// provider, room for everything, so that nothing is refused.
[[nodiscard]] fsm::options options_for(const settings& how,
                                       std::shared_ptr<fsm::store> store = nullptr);

/// A runtime and the functions a scenario works on.
class population {
public:
  /// `names` must outlive it. With a `system` its actors live there. Throws `std::runtime_error`
  /// when the runtime does not start.
  population(const settings& how, const name_list& names, caf::actor_system* system = nullptr)
      : population{options_for(how), names.size(), names_only(names), system} {}
  /// The same with options of its own, and functions as described.
  population(fsm::options how, std::uint64_t functions, describe_function what,
             caf::actor_system* system = nullptr);

  /// Creates every function, to Active, and measures that. `threads` work with `in_flight` creates
  /// outstanding each; 1 = the synchronous call. With a rate it ends after `how.seconds`, otherwise
  /// when all functions exist.
  [[nodiscard]] measurement create_all(std::size_t threads, std::size_t in_flight, const pace& how);

  /// The same as a preparation, as fast as possible. Throws `std::runtime_error` when anything
  /// fails.
  void fill(std::size_t threads);

  [[nodiscard]] fsm::runtime& runtime() noexcept { return *runtime_; }
  /// Growth of resident memory while the functions were created, per function.
  [[nodiscard]] double bytes_per_function() const noexcept { return bytes_per_function_; }

  /// Functions with these names, which must outlive it, and nothing else.
  [[nodiscard]] static describe_function names_only(const name_list& names);

private:
  std::uint64_t functions_;
  describe_function describe_;
  /// Callbacks may still be on their last instructions when their thread has gone on: these go
  /// after the runtime.
  std::deque<call_window> windows_;
  std::deque<create_plan> plans_;
  std::optional<fsm::runtime> runtime_;
  double bytes_per_function_ = 0;
};

/// Throws `std::runtime_error` unless so many functions were created. Not when that was
/// interrupted.
void require_created(const measurement& made, std::uint64_t functions);

/// Creates outstanding per thread when functions are created as a preparation.
inline constexpr std::size_t fill_in_flight = 256;

}  // namespace bench
