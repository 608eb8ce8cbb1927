#pragma once

#include "code/file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace platform::execution {

/// Runs a command to its end, as an environment would be started; at most some seconds. Nothing if
/// it succeeded, else the last line that it wrote.
[[nodiscard]] std::optional<std::string> try_command(const std::vector<std::string>& words,
                                                     const code::file& filter);

}  // namespace platform::execution
