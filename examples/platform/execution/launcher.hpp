#pragma once

#include "code/file.hpp"
#include <fsm/expected.hpp>

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace platform::execution {

/// A process that has been started.
struct launched {
  pid_t id = -1;
  /// Becomes readable when it has ended.
  code::file process;
  /// The platform's end of the conversation in environment_program/messages.hpp.
  code::file control;
  /// What it writes, to its output and to its errors.
  code::file log;
};

/// Starts `command` with an empty environment, in its own session, and leaves `message` in its
/// socket. `filter` is closed if there is none. Nothing of the platform's is open in it. It ends
/// when the calling thread ends. Error: the system's.
[[nodiscard]] fsm::expected<launched> launch(const std::vector<std::string>& command,
                                             std::string_view message, const code::file& filter);

}  // namespace platform::execution
