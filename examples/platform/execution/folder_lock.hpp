#pragma once

#include "code/file.hpp"

#include <filesystem>

namespace platform::execution {

/// A lock on a folder of this user's that is still there, until it is closed. Closed at once if
/// somebody else has it, or it is not ours. The lock of a process that is killed is gone with it:
/// who gets one on a folder of its name knows that the folder was left behind.
[[nodiscard]] code::file lock_folder(const std::filesystem::path& folder);

}  // namespace platform::execution
