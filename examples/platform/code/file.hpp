#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// \file
/// Files as the operating system has them: what the standard library does not offer. Calls block;
/// what fails gives the system's error number, 0 means that nothing did.

namespace platform::code {

/// An open file or directory; closed at the end.
class file {
public:
  file() = default;
  explicit file(int descriptor) : descriptor_{descriptor} {}
  file(file&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  file& operator=(file&& other) noexcept;
  ~file();

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Gives it away: it is no longer closed at the end.
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

  /// Writes all of it at the end.
  [[nodiscard]] int write(std::string_view bytes) const;
  /// Brings everything to the disk: of a directory, its entries.
  [[nodiscard]] int sync() const;
  /// Closes it, as only that tells some errors.
  [[nodiscard]] int close();
  /// The size of a regular file, in bytes; nothing if it is something else.
  [[nodiscard]] std::optional<std::uint64_t> size() const;
  /// Reads a regular file from its start; at most `bytes_max`.
  [[nodiscard]] int read(std::string& into, std::uint64_t bytes_max) const;

private:
  int descriptor_ = -1;
};

/// Opens a file that is to be read. On failure `file::is_open` is false and `errno` is set.
[[nodiscard]] file open_to_read(const std::string& path);
/// Makes a file that was not there.
[[nodiscard]] file make_file(const std::string& path);
/// Makes sure that a directory is there.
[[nodiscard]] int make_folder(const std::string& path);
/// Brings the entries of a directory to the disk.
[[nodiscard]] int sync_folder(const std::string& path);

}  // namespace platform::code
