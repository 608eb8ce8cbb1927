#pragma once

namespace platform::execution {

/// The programs that the interpreters start with, from bootstraps/.
extern const char* const python_bootstrap;
extern const char* const node_bootstrap;

}  // namespace platform::execution
