#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// What the service says against a runtime, if it does: unknown ones and retired ones are refused,
/// in different words; an ARN is not looked at.
[[nodiscard]] std::optional<std::string> objection_to_runtime(std::string_view name);

}  // namespace platform::wire
