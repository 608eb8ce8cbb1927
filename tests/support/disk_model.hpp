#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fsm::testing {

/// What becomes of bytes and directory entries that nobody synced when the power goes.
enum class unsynced : std::uint8_t {
  lost,    ///< All of it is gone: what a program may rely on, and no more.
  torn,    ///< Of every file a random part of the tail is there, of every directory some entries.
  zeroed,  ///< As torn, and the file keeps its length: zeros stand for what was not written.
  kept,    ///< Nothing is gone: only the process ended.
};

/// A file or a directory as a disk has it.
struct disk_node {
  bool is_directory = false;
  // Of files: where the bytes are as long as the model lives, how many there are, and how many of
  // them are on the disk.
  std::filesystem::path bytes;
  std::uint64_t size = 0;
  std::uint64_t synced = 0;
  // Of directories: the entries as programs see them, as they are on the disk, and the steps from
  // the one to the other. No node = no entry.
  using entries = std::map<std::string, std::shared_ptr<disk_node>>;
  entries now;
  entries durable;
  std::vector<std::vector<std::pair<std::string, std::shared_ptr<disk_node>>>> steps;
};

/// Says what a disk would hold of everything below a directory if the power went now. It has to be
/// told of every change after it was made. What it was not told of, it takes for durable.
///
/// A file's entry lasts when its directory was synced, its bytes when the file was. Bytes that are
/// cut off are gone at once.
///
/// Errors are exceptions. Not thread-safe.
class disk_model {
public:
  /// What is there now is durable. Keeps the bytes of removed files in a directory beside `root`.
  explicit disk_model(std::filesystem::path root);
  disk_model(const disk_model&) = delete;
  disk_model& operator=(const disk_model&) = delete;
  ~disk_model();

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
  /// Whether `path` is below the root.
  [[nodiscard]] bool covers(const std::filesystem::path& path) const;
  /// The path below the root; for people.
  [[nodiscard]] std::string name_of(const std::filesystem::path& path) const;

  /// A new and empty file is at `path`.
  std::shared_ptr<disk_node> created_file(const std::filesystem::path& path);
  /// The file at `path`, which was there.
  std::shared_ptr<disk_node> existing_file(const std::filesystem::path& path);
  void created_directory(const std::filesystem::path& path);
  void removed(const std::filesystem::path& path);
  void renamed(const std::filesystem::path& from, const std::filesystem::path& to);
  void linked(const std::filesystem::path& from, const std::filesystem::path& to);
  static void grew(disk_node& file, std::uint64_t size);
  static void truncated(disk_node& file, std::uint64_t size);
  static void synced(disk_node& file);
  void synced_directory(const std::filesystem::path& path);

  /// Writes what the disk would hold to `to`, which must not be there. The same seed gives the same
  /// tears.
  void copy(const std::filesystem::path& to, unsynced what, std::uint64_t seed) const;

private:
  [[nodiscard]] std::shared_ptr<disk_node> find(const std::filesystem::path& path) const;
  [[nodiscard]] disk_node& directory(const std::filesystem::path& path);
  [[nodiscard]] std::shared_ptr<disk_node> adopt(const std::filesystem::path& path);
  void adopt_children(disk_node& into, const std::filesystem::path& path);
  void enter(const std::filesystem::path& path, std::shared_ptr<disk_node> node);

  std::filesystem::path root_;
  std::filesystem::path shadow_;
  std::uint64_t files_ = 0;
  std::shared_ptr<disk_node> top_ = std::make_shared<disk_node>();
};

}  // namespace fsm::testing
