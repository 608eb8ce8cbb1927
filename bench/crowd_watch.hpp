#pragma once

#include "measure.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace bench {

/// Something a crowd of functions does by itself once it has been told to: how many are through is
/// looked at from outside, some ten thousand times a second, so that the work itself is not
/// disturbed.
struct crowd {
  /// What they are to do, for the progress line and for the failure: "fall asleep".
  std::string aim;
  std::uint64_t size = 0;
  /// How many are through. Cheap; may go beyond `size`.
  std::function<std::uint64_t()> through;
  /// Ends the watch early when it gives true. May be empty.
  std::function<bool()> give_up;
};

/// Watches until all are through: operations, seconds since `begin`, and as each one's latency the
/// time from `begin` until it was first seen. Ends early when interrupted; a crowd of which nobody
/// gets through for 30 s is a failure.
[[nodiscard]] measurement watch_crowd(const crowd& who, time_point begin);

}  // namespace bench
