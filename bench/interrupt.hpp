#pragma once

namespace bench {

/// From now on Ctrl-C (and SIGTERM) only asks the program to end. A second one ends it at once.
void catch_interrupts();

/// True once somebody has asked. Every loop looks at it. Any thread; reads one shared word.
[[nodiscard]] bool interrupted() noexcept;

}  // namespace bench
