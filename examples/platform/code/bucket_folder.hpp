#pragma once

#include "code/file.hpp"
#include <fsm/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace platform::code {

/// A directory that stands for S3: each folder in it is a bucket, and the files below that are its
/// objects, their keys the paths. Nothing outside of it can be reached: a key that leads through
/// '..', through a symbolic link or to anything but a file is one that does not exist.
class bucket_folder {
public:
  enum class problem : std::uint8_t { none, no_bucket, no_key, too_large, unreadable };
  struct object {
    enum problem problem = problem::none;
    std::string bytes;
  };

  /// `invalid_argument` when there is no such directory.
  [[nodiscard]] static fsm::expected<bucket_folder> open(const std::string& path);

  /// Reads an object of at most `bytes_max` bytes. Blocks; any thread.
  [[nodiscard]] object get(std::string_view bucket, std::string_view key,
                           std::uint64_t bytes_max) const;

private:
  explicit bucket_folder(file folder) : folder_{std::move(folder)} {}

  file folder_;
};

}  // namespace platform::code
