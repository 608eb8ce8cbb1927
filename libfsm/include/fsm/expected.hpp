#pragma once

#include <fsm/error.hpp>

#include <tl/expected.hpp>

#include <utility>

namespace fsm {

/// A value, or the `error` that explains why there is none. `if (result)` means success.
template <class T>
using expected = tl::expected<T, error>;

/// Makes the failing side of an `expected`.
[[nodiscard]] inline tl::unexpected<error> unexpected(error why) {
  return tl::unexpected<error>{std::move(why)};
}

}  // namespace fsm
