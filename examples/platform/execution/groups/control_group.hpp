#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace platform::execution {

/// What a group may use.
struct group_limits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t processes = 0;
};

/// A folder of control groups, and what it controls of an environment.
struct group_folder {
  std::filesystem::path path{};
  /// Version 2 of the kernel's interface.
  bool unified = false;
  bool memory = false;
  bool processes = false;
};

/// Memory that belongs to no file of a disk.
struct group_memory {
  /// Each page counts once, however many processes have it.
  std::uint64_t own_bytes = 0;
  /// Shared mappings, and files of a /tmp in memory.
  std::uint64_t shared_bytes = 0;
};

/// The control group of one environment: what enters it, and all that this makes, cannot leave it.
/// Its folders are there as long as it is not removed. Looking at it is thread-safe.
class control_group {
public:
  /// `folders` have been made already: one for everything, or one for each that controls something.
  explicit control_group(std::vector<group_folder> folders) : folders_{std::move(folders)} {}

  /// Bounds it. 0, or the system's error number.
  [[nodiscard]] int limit(const group_limits& most) const;

  /// The files that a process enters it by, each by writing "0" to it. It has a single thread.
  [[nodiscard]] std::vector<std::string> doors() const;

  [[nodiscard]] bool bounds_memory() const;
  [[nodiscard]] group_memory memory() const;
  [[nodiscard]] std::vector<pid_t> processes() const;
  /// Whether the kernel has ended any of its processes because there was no more memory for it.
  [[nodiscard]] bool ran_out_of_memory() const;

  /// Ends all that is in it. Nothing is made in it any more.
  void kill() const;
  /// True when it is gone: nothing of it runs any more.
  [[nodiscard]] bool remove() const;

private:
  [[nodiscard]] const group_folder* of_memory() const;

  const std::vector<group_folder> folders_;
};

}  // namespace platform::execution
