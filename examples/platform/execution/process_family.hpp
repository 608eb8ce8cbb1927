#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace platform::execution {

/// A process and all that descend from it, as /proc has them; what ends meanwhile may be left out.
[[nodiscard]] std::vector<pid_t> family_of(pid_t root);

/// Ends all of them with SIGKILL. What its parent left behind when that ended is no longer of the
/// family, and goes on.
void end_family(pid_t root);

/// The text of a file below /proc/PROCESS; "" if that has ended.
[[nodiscard]] std::string read_of_process(pid_t process, const char* file);

}  // namespace platform::execution
