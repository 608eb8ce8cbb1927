#pragma once

#include <fsm/lifecycle.hpp>

#include <array>
#include <string_view>

/// The words of the lifecycle table for readers: each enumerator's name and what it means.
/// Internal to the rendering.
namespace fsm::words {

inline constexpr std::array all_answers{
    answer::accepted,
    answer::ignored,
    answer::not_found,
    answer::already_exists,
    answer::pending,
    answer::initializing,
    answer::failed,
    answer::state_conflict,
    answer::update_in_progress,
    answer::revision_mismatch,
};
inline constexpr std::array all_effects{
    effect::provision, effect::update,  effect::restore, effect::adopt,
    effect::abandon,   effect::release, effect::replace, effect::swap,
    effect::discard,   effect::retire,  effect::touch,   effect::renew_revision,
};
inline constexpr std::array all_guards{
    guard::always,         guard::fresh,          guard::stuck,          guard::rested,
    guard::paused,         guard::failed_rejects, guard::failed_accepts, guard::pending_open,
    guard::pending_closed, guard::tags_strict,    guard::tags_lenient,
};

[[nodiscard]] std::string_view name(answer which) noexcept;
[[nodiscard]] std::string_view name(effect which) noexcept;
[[nodiscard]] std::string_view name(guard which) noexcept;
[[nodiscard]] std::string_view name(reason_rule which) noexcept;

[[nodiscard]] std::string_view meaning(answer which) noexcept;
[[nodiscard]] std::string_view meaning(effect which) noexcept;
[[nodiscard]] std::string_view meaning(guard which) noexcept;
[[nodiscard]] std::string_view meaning(pair which) noexcept;

}  // namespace fsm::words
