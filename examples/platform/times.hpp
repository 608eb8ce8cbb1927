#pragma once

#include <fsm/time.hpp>

#include <optional>
#include <string>
#include <string_view>

/// \file
/// Durations and times as users write and read them.

namespace platform {

/// What a duration must look like, for error messages.
inline constexpr std::string_view duration_rule =
    "an integer and a unit, as in 250ms 2s 5m 12h 14d, at most 36500d";

/// Reads an integer and one of the units `ms`, `s`, `m`, `h`, `d`: "250ms". Nothing else: no sign,
/// no blank, no fraction, and at most a hundred years.
[[nodiscard]] std::optional<fsm::duration> parse_duration(std::string_view text);

/// The duration in the largest unit that divides it: "5m". `parse_duration` reads it back.
[[nodiscard]] std::string duration_text(fsm::duration span);

/// "2026-01-01T00:00:00.000Z"
[[nodiscard]] std::string iso_text(fsm::timestamp when);

/// The form of LastModified in the Lambda API, which has no milliseconds:
/// "2026-01-01T00:00:00.000+0000"
[[nodiscard]] std::string last_modified_text(fsm::timestamp when);

/// The same without the milliseconds, as some of its members are: "2026-01-01T00:00:00+0000"
[[nodiscard]] std::string seconds_text(fsm::timestamp when);

}  // namespace platform
