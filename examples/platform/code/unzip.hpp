#pragma once

#include <fsm/expected.hpp>

#include <filesystem>
#include <string_view>

namespace platform::code {

/// Unpacks an archive that `check_zip` calls good into a directory, which must be there, empty, and
/// nobody else's. Files can be read and, if the archive says so, executed by everybody; nothing can
/// be written. Blocks.
///
/// Error: `invalid_argument` for what an archive may not have in it (more bytes than it says or
/// than are allowed, two entries of one name, a way out of the directory); `internal` when the disk
/// makes trouble. What was unpacked by then stays.
[[nodiscard]] fsm::expected<void> unzip(std::string_view bytes, const std::filesystem::path& into);

/// Removes a directory with all there is in it, also what cannot be written. Follows no links.
/// Blocks; what cannot be removed stays.
void remove_tree(const std::filesystem::path& which);

}  // namespace platform::code
