#pragma once

#include "code/file.hpp"
#include "execution/groups/control_group.hpp"
#include "execution/groups/hierarchies.hpp"
#include <fsm/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace platform::execution {

enum class group_use : std::uint8_t {
  automatic,  ///< What this machine allows.
  required,   ///< All of it, or nothing runs.
  off,
};

/// The control groups of a platform: a folder in each hierarchy that is of use, below the group
/// that the platform itself is in, and in it one for each environment. Version 1 or 2 of the
/// kernel's interface, each controller where it is. Lives on the executor's thread.
class control_groups {
public:
  /// Finds out what is there, by trying it, and removes what killed platforms have left.
  /// `workspace` is the platform's: its groups have its name, and it keeps where they are for
  /// `end_leftover_groups`. `root` is where the file system begins. Blocks.
  /// Error: something is missing, and all of it is required.
  [[nodiscard]] static fsm::expected<std::unique_ptr<control_groups>> open(
      group_use how, const std::filesystem::path& workspace,
      const std::filesystem::path& root = "/");
  control_groups(const control_groups&) = delete;
  control_groups& operator=(const control_groups&) = delete;
  /// Removes them, and ends what is still in them. Blocks.
  ~control_groups();

  /// A group for one environment; null where there are none. Error: the system's.
  [[nodiscard]] fsm::expected<std::shared_ptr<control_group>> make(const group_limits& most);

  /// What bounds memory and processes, for the log: "memory=cgroup-v1 processes=rlimit".
  [[nodiscard]] std::string describe() const;
  /// Why it is not all done by control groups; "" if it is, or if it was turned off.
  [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

private:
  // Where the platform has its groups in one hierarchy.
  struct part {
    group_folder base;
    code::file lock;
    // It went into a group of its own, so that the one it came from can hand out controllers.
    bool moved = false;
  };

  control_groups() = default;
  void find(const std::filesystem::path& workspace, const std::filesystem::path& root);
  [[nodiscard]] std::string prepare(const hierarchy& in, part& what);
  [[nodiscard]] std::string hand_out(const hierarchy& in, part& what);
  [[nodiscard]] std::string try_out(const part& what);
  static void undo(part& what);

  std::vector<part> parts_;
  std::string missing_;
  std::uint64_t made_ = 0;
};

/// Ends the control groups of a dead platform, whose workspace this was, with all that is in them.
void end_leftover_groups(const std::filesystem::path& workspace);

/// How what is missing can be had.
inline constexpr const char* groups_remedy =
    "run as root, or as a service with Delegate=yes that starts nothing else";

}  // namespace platform::execution
