#pragma once

#include "code/file.hpp"
#include <fsm/expected.hpp>

namespace platform::execution {

/// What functions may not ask the kernel for: namespaces and mounts, other processes' memory,
/// kernel modules, keys, tracing, raw devices and sockets that lead out of a network namespace.
/// As a program for the kernel, in a file without a name, to be read from its start.
[[nodiscard]] fsm::expected<code::file> make_syscall_filter();

}  // namespace platform::execution
