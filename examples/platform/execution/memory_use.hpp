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

struct memory_found {
  std::uint64_t bytes = 0;
  /// False: there may be less, as pages that several share may have been counted for each.
  bool is_exact = true;
};

/// The same of what is in a control group. What is shared is looked at only where the rest is not
/// more than `most` already.
[[nodiscard]] memory_found group_bytes(const control_group& of, std::uint64_t most);
/// The same, exact. It takes as much longer.
[[nodiscard]] std::uint64_t proportional_bytes(const control_group& of);

}  // namespace platform::execution
