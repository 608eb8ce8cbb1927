#pragma once

#include "flags.hpp"

namespace platform {

/// Puts the platform together, serves until SIGTERM, SIGINT or SIGHUP, and takes it apart again.
/// The first line on stdout is `listening on http://HOST:PORT`; everything else goes to stderr.
/// Returns the exit code: 0, or 2 with one line on stderr when a flag cannot be followed.
[[nodiscard]] int serve(const flags& how);

}  // namespace platform
