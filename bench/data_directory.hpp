#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace bench {

/// The directory below which a call keeps its stores on disk, one subdirectory each. Deletes
/// nothing but what fsm-bench made itself: a file in the directory lists that. One call at a time
/// may use a directory. One thread.
class data_directory {
public:
  /// Takes `given`, which must be absent, empty, or left by an earlier call; its parent must exist.
  /// What an earlier call left is removed store by store when its place is needed. Throws
  /// `usage_error` that names the directory and what is wrong, and then has changed nothing.
  [[nodiscard]] static std::shared_ptr<data_directory> take(const std::filesystem::path& given);
  /// A new one below the system's directory for temporary files (TMPDIR, else /tmp, else /var/tmp:
  /// the first that is on a disk). Removed with all stores when this object goes. Throws
  /// `usage_error` when there is no such place.
  [[nodiscard]] static std::shared_ptr<data_directory> make_temporary();

  data_directory(const data_directory&) = delete;
  data_directory& operator=(const data_directory&) = delete;
  ~data_directory();

  /// A subdirectory that is not there, for a store to be made in; whatever was left there is
  /// removed first. `label`: letters, digits, '_' and '-'. Throws `std::runtime_error`.
  [[nodiscard]] std::filesystem::path place(std::string_view label);
  /// Removes a store that is no longer needed.
  void remove(std::string_view label);
  /// The same for all of them, unless the user named the directory: then they are left.
  void remove_unless_kept() noexcept;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Bytes that can still be written there.
  [[nodiscard]] std::uint64_t available_bytes() const;
  /// True when files there are in memory, where syncing costs nothing.
  [[nodiscard]] bool is_in_memory() const;

  /// The file that says that a directory is ours, and what in it.
  static constexpr std::string_view marker_name = "fsm-bench.data";

private:
  data_directory(std::filesystem::path where, bool temporary);
  void open_marker();
  void read_marker();
  void check_entries() const;

  std::filesystem::path path_;
  bool temporary_;
  int marker_ = -1;
  /// What the marker lists: what we may remove.
  std::set<std::string, std::less<>> made_;
};

}  // namespace bench
