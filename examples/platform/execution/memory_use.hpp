#pragma once

#include "execution/groups/control_group.hpp"

#include <cstdint>
#include <sys/types.h>

namespace platform::execution {

/// Bytes of memory that a process and all that descend from it have, without files of a disk; pages
/// that several share are counted for each. Reads /proc; what ends meanwhile is left out.
[[nodiscard]] std::uint64_t own_bytes(pid_t root);

/// The same, with shared pages counted once: exact, but it takes the kernel much longer.
[[nodiscard]] std::uint64_t proportional_bytes(pid_t root);

/// The same of what is in a control group. Looks closer only where it makes a difference: at what
/// is shared, and at each page of it when they may be more than `most`.
[[nodiscard]] std::uint64_t group_bytes(const control_group& of, std::uint64_t most);

}  // namespace platform::execution
