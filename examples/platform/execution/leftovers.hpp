#pragma once

#include <filesystem>

namespace platform::execution {

/// Ends the processes that were started for environments below `folder`, a workspace whose platform
/// is dead. Nearly all have ended with it; one that was killed while bwrap was still at its
/// beginning leaves a process that waits for ever.
void end_leftover_processes(const std::filesystem::path& folder);

}  // namespace platform::execution
