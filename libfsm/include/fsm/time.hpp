#pragma once

#include <chrono>

namespace fsm {

/// A point in time as the library sees it: UTC, in milliseconds. Always an argument; `libfsm` reads
/// no clock.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// A span of time. Milliseconds, as the lifecycle deals in nothing shorter.
using duration = std::chrono::milliseconds;

}  // namespace fsm
