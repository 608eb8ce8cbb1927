#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// What a client tells a function of itself: a JSON object in base 64. Given as that object on one
/// line of ASCII, as a header field can carry it; nothing if `text` is anything else.
[[nodiscard]] std::optional<std::string> read_client_context(std::string_view text);

}  // namespace platform::wire
