#include "execution/sandbox/sandbox.hpp"

#include "execution/environment_program/messages.hpp"
#include "execution/sandbox/syscall_filter.hpp"
#include "execution/sandbox/try_command.hpp"

#include <array>
#include <fcntl.h>
#include <initializer_list>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

constexpr std::array bwrap_places{"/usr/bin/bwrap", "/usr/local/bin/bwrap"};
// Inside: the user that a function sees.
constexpr const char* inner_user = "993";
constexpr const char* inner_group = "990";
constexpr const char* inner_name = "sbx_user1051";

void add(std::vector<std::string>& to, std::initializer_list<std::string> words) {
  to.insert(to.end(), words);
}

bool is_root() { return ::geteuid() == 0; }

// The system's programs and libraries. On a merged /usr the other folders are links.
void add_system(std::vector<std::string>& to) {
  add(to, {"--ro-bind", "/usr", "/usr"});
  for (const auto* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    const fs::path path = fs::path{"/"} / name;
    std::error_code problem;
    const auto what = fs::symlink_status(path, problem);
    if (fs::is_symlink(what)) {
      add(to, {"--symlink", fs::read_symlink(path, problem).string(), path.string()});
    } else if (fs::is_directory(what)) {
      add(to, {"--ro-bind", path.string(), path.string()});
    }
  }
  // Some programs are links to what is chosen in the alternatives.
  for (const auto* file :
       {"/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl", "/etc/nsswitch.conf", "/etc/hosts"})
    add(to, {"--ro-bind-try", file, file});
}

}  // namespace

bool sandbox::write_users(const fs::path& home) {
  const std::string user = inner_user;
  const std::string group = inner_group;
  const auto write = [&](const char* name, const std::string& text) {
    const auto made = code::make_file((home / name).string());
    return made.is_open() && made.write(text) == 0;
  };
  return write("passwd", inner_name + (":x:" + user + ":" + group + "::/tmp:/bin/sh\n")) &&
         write("group", inner_name + (":x:" + group + ":\n"));
}

gid_t sandbox::readers(const sandbox_options& how) {
  return how.on && is_root() ? static_cast<gid_t>(first_user) : ::getegid();
}

fsm::expected<sandbox> sandbox::open(const sandbox_options& how, const fs::path& home) {
  sandbox result{how, home};
  if (!how.on) return result;
  for (const auto* place : bwrap_places) {
    if (result.bwrap_.empty() && ::access(place, X_OK) == 0) result.bwrap_ = place;
  }
  if (result.bwrap_.empty()) {
    return fsm::unexpected(
        {.code = fsm::errc::invalid_argument,
         .message = "functions are kept apart by bwrap, which is not there: install bubblewrap, or "
                    "run functions you trust with --sandbox off"});
  }
  auto filter = make_syscall_filter();
  if (!filter) return fsm::unexpected(filter.error());
  result.filter_ = *std::move(filter);
  if (auto tried = result.try_out(); !tried) return fsm::unexpected(tried.error());
  return result;
}

fsm::expected<void> sandbox::try_out() {
  const auto attempt = [this] {
    auto words = walls({.number = 0, .code = home_, .scratch_mb = 1});
    add(words, {"--", "/usr/bin/true"});
    return try_command(words, open_filter());
  };
  own_users_ = is_root();
  auto said = attempt();
  if (said && own_users_) {
    own_users_ = false;  // As root of a container that has no other users.
    said = attempt();
  }
  if (!said) return {};
  return fsm::unexpected(
      {.code = fsm::errc::invalid_argument,
       .message = "this machine does not let bwrap make a sandbox (" + *said +
                  "): allow user namespaces (kernel.unprivileged_userns_clone=1), or run functions "
                  "you trust with --sandbox off"});
}

// The program that all begins with, as far as what it becomes.
std::vector<std::string> sandbox::outside(const cell& of) const {
  std::vector<std::string> words{(home_ / "fsm-environment").string(), "outside",
                                 std::to_string(::getpid())};
  if (own_users_) {
    add(words, {std::to_string(first_user + 1 + of.number), std::to_string(first_user)});
  } else {
    add(words, {"-1", "-1"});
  }
  words.push_back(std::to_string(of.doors.size()));
  words.insert(words.end(), of.doors.begin(), of.doors.end());
  return words;
}

std::vector<std::string> sandbox::walls(const cell& of) const {
  auto words = outside(of);
  add(words, {bwrap_, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
              "--unshare-cgroup-try", "--disable-userns", "--uid", inner_user, "--gid", inner_group,
              "--hostname", "function", "--cap-drop", "ALL", "--die-with-parent", "--new-session"});
  if (how_.outside == network::none) {
    add(words, {"--unshare-net"});
  } else {
    add(words, {"--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf"});
  }
  add_system(words);
  const auto scratch = std::to_string(std::uint64_t{of.scratch_mb} << 20U);
  for (const auto* file : {"passwd", "group"})
    add(words, {"--ro-bind", (home_ / file).string(), std::string{"/etc/"} + file});
  add(words, {"--proc",       "/proc",     "--dev",        "/dev",
              "--size",       scratch,     "--tmpfs",      "/tmp",
              "--dir",        "/opt",      "--ro-bind",    of.code.string(),
              "/var/task",    "--ro-bind", home_.string(), "/var/runtime",
              "--remount-ro", "/dev",      "--remount-ro", "/",
              "--chdir",      "/var/task", "--seccomp",    std::to_string(filter_descriptor)});
  return words;
}

std::vector<std::string> sandbox::command(const cell& of) const {
  const auto control = std::to_string(control_descriptor);
  if (!how_.on) {
    auto words = outside(of);
    add(words, {(home_ / "fsm-environment").string(), "inside", control});
    return words;
  }
  auto words = walls(of);
  add(words, {"--", "/var/runtime/fsm-environment", "inside", control});
  return words;
}

code::file sandbox::open_filter() const {
  if (!filter_.is_open()) return {};
  // A descriptor with a place of its own in the file.
  const auto path = "/proc/self/fd/" + std::to_string(filter_.descriptor());
  return code::file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
}

std::string sandbox::task_root(const cell& of) const {
  return how_.on ? "/var/task" : of.code.string();
}

std::string sandbox::runtime_folder() const { return how_.on ? "/var/runtime" : home_.string(); }

std::string sandbox::describe() const {
  if (!how_.on) return "off";
  return std::string{"on users="} + (own_users_ ? "own" : "shared") +
         " network=" + (how_.outside == network::none ? "none" : "host");
}

}  // namespace platform::execution
