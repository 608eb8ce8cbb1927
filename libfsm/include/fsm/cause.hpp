#pragma once

#include <cstdint>
#include <string_view>

namespace fsm {

/// Who made a transition happen. The numbers are stored: never change or reuse one.
enum class cause : std::uint8_t {
  none = 0,  ///< Not known.
  request,   ///< A caller asked for it.
  timer,     ///< A deadline or the idle time passed.
  provider,  ///< The provider of resources answered.
  recovery,  ///< The runtime found it necessary when it started.
  exit,      ///< An exit message reached the function's actor.
};

/// The identifier of `who` as written in the sources: "provider". "" for unknown values.
[[nodiscard]] constexpr std::string_view to_string(cause who) noexcept {
  switch (who) {
    case cause::none: return "none";
    case cause::request: return "request";
    case cause::timer: return "timer";
    case cause::provider: return "provider";
    case cause::recovery: return "recovery";
    case cause::exit: return "exit";
  }
  return {};
}

}  // namespace fsm
