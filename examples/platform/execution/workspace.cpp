#include "execution/workspace.hpp"

#include "code/unzip.hpp"
#include "execution/folder_lock.hpp"
#include "execution/groups/control_groups.hpp"
#include "execution/leftovers.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

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

void remove_leftovers(const fs::path& parent) {
  std::error_code ended;
  for (fs::directory_iterator at{parent, ended}, end; !ended && at != end; at.increment(ended)) {
    if (!at->path().filename().string().starts_with(prefix)) continue;
    const auto held = lock_folder(at->path());
    if (!held.is_open()) continue;
    end_leftover_processes(at->path());
    end_leftover_groups(at->path());
    code::remove_tree(at->path());
  }
}

}  // namespace

fsm::expected<std::unique_ptr<workspace>> workspace::open(const fs::path& parent, gid_t readers) {
  remove_leftovers(parent);
  for (int i = 0; i < tries_max; ++i) {
    auto name = (parent / (std::string{prefix} + "XXXXXX")).string();
    if (!::mkdtemp(name.data())) return fsm::unexpected(trouble("cannot make a folder in", parent));
    auto lock = lock_folder(name);
    if (!lock.is_open()) continue;
    const int held = lock.descriptor();
    std::unique_ptr<workspace> result{new workspace{name, std::move(lock)}};
    // Where there is no such group, there are no such users either: nobody else comes.
    static_cast<void>(::fchown(held, static_cast<uid_t>(-1), readers) == 0);
    if (::fchmod(held, 0710) != 0)
      return fsm::unexpected(trouble("cannot make a folder in", parent));
    return result;
  }
  errno = EAGAIN;
  return fsm::unexpected(trouble("cannot lock a folder in", parent));
}

workspace::~workspace() { code::remove_tree(path_); }

}  // namespace platform::execution
