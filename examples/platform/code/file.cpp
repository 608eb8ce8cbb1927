#include "code/file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace platform::code {

file& file::operator=(file&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

file::~file() {
  if (is_open()) ::close(descriptor_);
}

int file::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int file::sync() const { return ::fsync(descriptor_) == 0 ? 0 : errno; }

int file::close() { return ::close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno; }

std::optional<std::uint64_t> file::size() const {
  struct stat what {};
  if (::fstat(descriptor_, &what) != 0 || !S_ISREG(what.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(what.st_size);
}

int file::read(std::string& into, std::uint64_t bytes_max) const {
  into.resize(std::min(size().value_or(0), bytes_max));
  std::size_t done = 0;
  while (done < into.size()) {
    const auto count = ::read(descriptor_, into.data() + done, into.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  into.resize(done);
  return 0;
}

file open_to_read(const std::string& path) {
  return file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
}

file make_file(const std::string& path) {
  return file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
}

int make_folder(const std::string& path) {
  return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST ? 0 : errno;
}

int sync_folder(const std::string& path) {
  const file folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return folder.is_open() ? folder.sync() : errno;
}

}  // namespace platform::code
