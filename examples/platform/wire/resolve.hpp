#pragma once

#include "invoke/resolve.hpp"
#include "wire/names.hpp"
#include <fsm/runtime.hpp>

#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// What a name with a qualifier leads to.
struct resolved {
  /// What has a lifecycle: the function, or one of its versions.
  std::string entity;
  /// "$LATEST", or the number of the version.
  std::string version;
};

/// Whether a qualifier is the number of a version.
[[nodiscard]] bool is_version_number(std::string_view qualifier) noexcept;

/// Whether an alias can have this name.
[[nodiscard]] bool is_alias_name(std::string_view text) noexcept;

/// The version of a number; nothing for what no version can be called.
[[nodiscard]] std::optional<resolved> resolve_version(const std::string& function,
                                                      std::string_view version);

/// What has a lifecycle and is called by this: a version when its number is given, else the
/// function.
[[nodiscard]] std::string entity_of(const function_target& what);

/// To which of its versions an alias with weights leads.
enum class alias_version : std::uint8_t {
  by_chance,  ///< An invocation goes to any of them, as the weights say.
  own,        ///< Who looks is shown the one it was made for.
};

/// Finds what a target leads to, without waiting. Whether the version is there is not asked.
void resolve(fsm::runtime& functions, const function_target& what,
             std::function<void(tl::expected<resolved, failure>)> done,
             alias_version which = alias_version::by_chance);

/// The same for events, which are no requests. The runtime must outlive it.
[[nodiscard]] invoke::resolver event_resolver(fsm::runtime& functions);

}  // namespace platform::wire
