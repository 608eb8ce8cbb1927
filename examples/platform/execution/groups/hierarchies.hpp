#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace platform::execution {

/// A hierarchy of control groups, and this process's own place in it.
struct hierarchy {
  /// Version 2 of the kernel's interface: one hierarchy for all controllers.
  bool unified = false;
  /// What it controls; unknown here when it is unified.
  std::vector<std::string> controllers{};
  /// The folder of the group that this process is in.
  std::filesystem::path own{};
};

/// Those that can be reached, by the text of /proc/self/mountinfo and of /proc/self/cgroup. What is
/// mounted without this process's own group in it is left out.
[[nodiscard]] std::vector<hierarchy> find_hierarchies(std::string_view mounts,
                                                      std::string_view memberships);

/// The words of a text, between blanks and line breaks.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
[[nodiscard]] bool has(const std::vector<std::string>& words, std::string_view word);
/// Its lines that are not empty.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace platform::execution
