#pragma once

#include "invoke/runner.hpp"
#include <fsm/reason.hpp>

#include <string>
#include <string_view>

namespace platform::execution {

/// Why an environment did not become ready.
struct start_failure {
  fsm::reason_code why = fsm::reason_code::function_error;
  /// "Runtime.ExitError".
  std::string type{};
  std::string message{};
  /// What the runtime itself said of it, as JSON; "" = nothing.
  std::string said{};
  /// What it wrote until then.
  std::string log{};
  /// It was not the function: the platform has no room, or could not start it.
  bool platform_failed = false;
  bool no_room = false;
};

/// The answer to an invocation whose environment failed.
[[nodiscard]] invoke::outcome outcome_of(const start_failure& what, const std::string& request_id);

/// The same for a process that ended without an answer. `status` is what `waitpid` gave.
[[nodiscard]] std::string exit_text(int status);

/// An error as functions report it, with the request's id in its message.
[[nodiscard]] std::string error_payload(std::string_view type, std::string_view message,
                                        const std::string& request_id);

/// What a report of a runtime's says, in one line: "TypeError: no such thing".
[[nodiscard]] std::string summary_of(const std::string& report);

}  // namespace platform::execution
