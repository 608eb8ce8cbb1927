#pragma once

#include "code/file.hpp"
#include <fsm/expected.hpp>

#include <filesystem>
#include <memory>
#include <sys/types.h>
#include <utility>

namespace platform::execution {

/// A folder for the time that the process lives. It is locked as long, so that what a process left
/// that was killed can be told and removed.
class workspace {
public:
  /// Makes one below `parent`, after removing what earlier processes of this user left there, and
  /// ending what they had started. Only
  /// this user, and the group `readers`, can come in. Blocks.
  [[nodiscard]] static fsm::expected<std::unique_ptr<workspace>> open(
      const std::filesystem::path& parent, gid_t readers);
  workspace(const workspace&) = delete;
  workspace& operator=(const workspace&) = delete;
  /// Removes it.
  ~workspace();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  workspace(std::filesystem::path path, code::file lock)
      : path_{std::move(path)}, lock_{std::move(lock)} {}

  const std::filesystem::path path_;
  const code::file lock_;
};

}  // namespace platform::execution
