#include "code/bucket_folder.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>

namespace platform::code {

namespace {

// One step down, never up and never through a link.
file step(const file& from, std::string_view name, int kind) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    errno = ENOENT;
    return {};
  }
  constexpr int always = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  return file{::openat(from.descriptor(), std::string{name}.c_str(), always | kind)};
}

bool is_absent(int number) {
  return number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
}

}  // namespace

fsm::expected<bucket_folder> bucket_folder::open(const std::string& path) {
  file folder{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
  if (folder.is_open()) return bucket_folder{std::move(folder)};
  return fsm::unexpected(
      {.code = fsm::errc::invalid_argument,
       .message = "the directory cannot be opened: " + std::generic_category().message(errno)});
}

bucket_folder::object bucket_folder::get(std::string_view bucket, std::string_view key,
                                         std::uint64_t bytes_max) const {
  auto at = step(folder_, bucket, O_DIRECTORY);
  if (!at.is_open()) return {is_absent(errno) ? problem::no_bucket : problem::unreadable, {}};
  for (auto slash = key.find('/'); at.is_open() && slash != std::string_view::npos;
       slash = key.find('/')) {
    at = step(at, key.substr(0, slash), O_DIRECTORY);
    key.remove_prefix(slash + 1);
  }
  if (at.is_open()) at = step(at, key, 0);
  if (!at.is_open()) return {is_absent(errno) ? problem::no_key : problem::unreadable, {}};
  const auto size = at.size();
  if (!size) return {problem::no_key, {}};
  if (*size > bytes_max) return {problem::too_large, {}};
  object result;
  if (at.read(result.bytes, bytes_max) != 0) return {problem::unreadable, {}};
  return result;
}

}  // namespace platform::code
