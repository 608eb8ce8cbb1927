#pragma once

#include <fsm/expected.hpp>

#include <functional>
#include <string>

namespace platform::invoke {

/// What an invocation runs.
struct resolved {
  /// What the runtime calls the version.
  std::string name;
  /// "$LATEST" or a number.
  std::string version;
};

/// Finds what runs when `function` is invoked under `qualifier` ("" = none), without waiting;
/// `done` may be called inside the call. Asked anew for each invocation. `not_found`: there is no
/// such alias; whether the function and the version are there need not be looked at.
using resolver = std::function<void(const std::string& function, const std::string& qualifier,
                                    std::function<void(fsm::expected<resolved>)> done)>;

/// Knows functions only, neither versions nor aliases.
[[nodiscard]] resolver resolve_latest();

}  // namespace platform::invoke
