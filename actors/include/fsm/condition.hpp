#pragma once

#include <fsm/lifecycle.hpp>

#include <cstdint>

namespace fsm {

/// What a waiter waits for: a set of situations that fulfil it and a set from which it can no
/// longer be fulfilled. `absent` in the first set means "gone", in the second "fails when it is
/// deleted".
struct condition {
  pair_set fulfilled;
  pair_set hopeless;
  /// When not 0: what led up to the transition of this sequence does not count, only a later one
  /// fulfils the condition or makes it hopeless. So a caller waits for what comes of its own update
  /// (`function_view::sequence`), not for what was there before. A function that is gone counts as
  /// later.
  std::uint64_t after = 0;
};

namespace detail {
using namespace table_words;
inline constexpr pair_set ends = none_yet | broken;
}  // namespace detail

/// State is Active (any LastUpdateStatus). Hopeless once Failed or deleted.
inline constexpr condition active{detail::settled | detail::updating, detail::ends};
/// State is Inactive. Hopeless once Failed or deleted.
inline constexpr condition inactive{detail::inactive | detail::idle_updating, detail::ends};
/// Active or Inactive: an update would be accepted, now or after the one in progress.
inline constexpr condition ready{active.fulfilled | inactive.fulfilled, detail::ends};
/// No update is in progress and the first provisioning is over (LastUpdateStatus is Successful or
/// Failed).
inline constexpr condition settled{detail::settled | detail::inactive | detail::coming_back,
                                   detail::ends};
/// The function does not exist (any more). Never hopeless.
inline constexpr condition gone{detail::none_yet, {}};
/// The function exists. Never hopeless: it may be created.
inline constexpr condition exists{detail::existing, {}};
/// State is Failed. Hopeless once deleted.
inline constexpr condition failed{detail::broken, detail::none_yet};

}  // namespace fsm
