#include "execution/workspace.hpp"

#include "code/unzip.hpp"
#include "execution/leftovers.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "fsm-execution-";
// How often one is made anew because another process took it for a leftover before it was locked.
constexpr int tries_max = 16;

fsm::error trouble(const std::string& what, const fs::path& where) {
  return {.code = fsm::errc::internal,
          .message = what + " " + where.string() + ": " + std::generic_category().message(errno)};
}

// A lock on a folder of ours that is still there; -1 if somebody else has it, or it is not ours.
int lock(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return -1;
  struct stat found {};
  const bool held = ::fstat(opened, &found) == 0 && found.st_uid == ::geteuid() &&
                    ::flock(opened, LOCK_EX | LOCK_NB) == 0 && ::fstat(opened, &found) == 0 &&
                    found.st_nlink != 0;
  if (held) return opened;
  ::close(opened);
  return -1;
}

void remove_leftovers(const fs::path& parent) {
  std::error_code ended;
  for (fs::directory_iterator at{parent, ended}, end; !ended && at != end; at.increment(ended)) {
    if (!at->path().filename().string().starts_with(prefix)) continue;
    const int held = lock(at->path());
    if (held < 0) continue;
    end_leftover_processes(at->path());
    code::remove_tree(at->path());
    ::close(held);
  }
}

}  // namespace

fsm::expected<std::unique_ptr<workspace>> workspace::open(const fs::path& parent, gid_t readers) {
  remove_leftovers(parent);
  for (int i = 0; i < tries_max; ++i) {
    auto name = (parent / (std::string{prefix} + "XXXXXX")).string();
    if (!::mkdtemp(name.data())) return fsm::unexpected(trouble("cannot make a folder in", parent));
    const int held = lock(name);
    if (held < 0) continue;
    std::unique_ptr<workspace> result{new workspace{name, held}};
    // Where there is no such group, there are no such users either: nobody else comes.
    static_cast<void>(::fchown(held, static_cast<uid_t>(-1), readers) == 0);
    if (::fchmod(held, 0710) != 0)
      return fsm::unexpected(trouble("cannot make a folder in", parent));
    return result;
  }
  errno = EAGAIN;
  return fsm::unexpected(trouble("cannot lock a folder in", parent));
}

workspace::~workspace() {
  code::remove_tree(path_);
  ::close(lock_);
}

}  // namespace platform::execution
