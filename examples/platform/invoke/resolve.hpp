#pragma once

#include <fsm/expected.hpp>
#include <fsm/runtime.hpp>

#include <string>

namespace platform::invoke {

/// What an invocation runs.
struct resolved {
  /// What the runtime calls the version.
  std::string name;
  /// "$LATEST" or a number.
  std::string version;
};

/// What runs when `function` is invoked under `qualifier` ("" = none). Asked anew for each
/// invocation. `not_found`: there is no such version or alias; whether there is such a function is
/// not looked at.
[[nodiscard]] fsm::expected<resolved> resolve_invocation(fsm::runtime& functions,
                                                         const std::string& function,
                                                         const std::string& qualifier);

}  // namespace platform::invoke
