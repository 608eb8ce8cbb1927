#include "execution/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace platform::execution {

code::file lock_folder(const std::filesystem::path& folder) {
  code::file opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!opened.is_open()) return {};
  struct stat found {};
  struct stat named {};
  // Who had it before may have removed it meanwhile.
  const bool held = ::fstat(opened.descriptor(), &found) == 0 && found.st_uid == ::geteuid() &&
                    ::flock(opened.descriptor(), LOCK_EX | LOCK_NB) == 0 &&
                    ::lstat(folder.c_str(), &named) == 0 && named.st_dev == found.st_dev &&
                    named.st_ino == found.st_ino;
  return held ? std::move(opened) : code::file{};
}

}  // namespace platform::execution
