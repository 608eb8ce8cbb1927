#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

/// \file
/// Control groups as the kernel shows them: a folder each, with small files. Calls may block for a
/// moment.

namespace platform::execution {

/// The text of a small file; "" if it cannot be read.
[[nodiscard]] std::string read_group_file(const std::filesystem::path& file);

/// Writes a text in one go. 0, or the system's error number.
[[nodiscard]] int write_group_file(const std::filesystem::path& file, std::string_view text);

/// The number behind a word at the start of a line, as in "oom_kill 3"; 0 if there is none.
[[nodiscard]] std::uint64_t figure_in(std::string_view text, std::string_view word);

/// The processes of a group.
[[nodiscard]] std::vector<pid_t> processes_in(const std::filesystem::path& group);

/// The groups right below a group, in no order; none if it cannot be read.
[[nodiscard]] std::vector<std::filesystem::path> groups_below(const std::filesystem::path& group);

/// Makes a group. 0, or the system's error number: EEXIST if it is there.
[[nodiscard]] int make_group(const std::filesystem::path& group);

/// Ends all of them with SIGKILL, also those that are made meanwhile. They are gone a moment later.
void kill_group(const std::filesystem::path& group);

/// Removes a group that nobody is in. 0, or the system's error number: EBUSY as long as there is
/// somebody.
[[nodiscard]] int remove_group(const std::filesystem::path& group);

/// Kills and removes a group and those below it. False if it is still there when so much time has
/// passed. Blocks.
bool end_group(const std::filesystem::path& group, std::chrono::milliseconds at_most);

}  // namespace platform::execution
