#include "execution/groups/group_files.hpp"

#include "code/file.hpp"
#include "execution/groups/hierarchies.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

// Held at once: each takes a descriptor.
constexpr std::size_t held_max = 64;
// Where processes are not counted, they can be made faster than they are ended.
constexpr int rounds_max = 200;
constexpr std::chrono::milliseconds pause{2};

bool contains(const std::vector<pid_t>& all, pid_t one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// A number may have become another process's meanwhile: what is held and still in the group is it.
void kill_some(const fs::path& group, const std::vector<pid_t>& some) {
  std::vector<code::file> held;
  held.reserve(some.size());
  for (const auto each : some)
    held.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, each, 0)));
  const auto still = processes_in(group);
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (held[i].is_open() && contains(still, some[i]))
      ::syscall(SYS_pidfd_send_signal, held[i].descriptor(), SIGKILL, nullptr, 0);
  }
}

bool end_until(const fs::path& group, std::chrono::steady_clock::time_point until) {
  while (true) {
    for (const auto& below : groups_below(group)) end_until(below, until);
    const int problem = remove_group(group);
    if (problem == 0) return true;
    if (problem != EBUSY || std::chrono::steady_clock::now() > until) return false;
    kill_group(group);
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

std::string read_group_file(const fs::path& file) {
  const auto opened = code::open_to_read(file.string());
  std::string result;
  std::array<char, 4096> piece{};
  while (opened.is_open()) {
    const auto length = ::read(opened.descriptor(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    result.append(piece.data(), static_cast<std::size_t>(length));
  }
  return result;
}

// As a shell's redirection does it.
int write_group_file(const fs::path& file, std::string_view text) {
  const code::file opened{
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!opened.is_open()) return errno;
  while (::write(opened.descriptor(), text.data(), text.size()) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

std::uint64_t figure_in(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(word) && line.substr(word.size()).starts_with(' ')) {
      std::uint64_t result = 0;
      std::from_chars(line.data() + word.size() + 1, line.data() + line.size(), result);
      return result;
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return 0;
}

std::vector<pid_t> processes_in(const fs::path& group) {
  std::vector<pid_t> result;
  for (const auto& word : words_of(read_group_file(group / "cgroup.procs"))) {
    pid_t number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    if (number > 0) result.push_back(number);  // 0: one that has no number here.
  }
  return result;
}

std::vector<fs::path> groups_below(const fs::path& group) {
  std::vector<fs::path> result;
  std::error_code ended;
  for (fs::directory_iterator at{group, ended}, end; !ended && at != end; at.increment(ended)) {
    if (at->symlink_status(ended).type() == fs::file_type::directory) result.push_back(at->path());
  }
  return result;
}

int make_group(const fs::path& group) {
  return ::mkdir(group.c_str(), S_IRWXU | S_IRGRP | S_IXGRP) == 0 ? 0 : errno;
}

void kill_group(const fs::path& group) {
  std::error_code ignored;
  if (fs::exists(group / "cgroup.kill", ignored) &&
      write_group_file(group / "cgroup.kill", "1") == 0) {
    return;
  }
  // Then none can be made any more where processes are counted.
  if (fs::exists(group / "pids.max", ignored))
    static_cast<void>(write_group_file(group / "pids.max", "0"));
  std::set<pid_t> told;
  for (int round = 0; round < rounds_max; ++round) {
    std::vector<pid_t> fresh;
    for (const auto each : processes_in(group)) {
      if (told.insert(each).second) fresh.push_back(each);
    }
    if (fresh.empty()) return;
    for (std::size_t from = 0; from < fresh.size(); from += held_max) {
      const auto to = std::min(fresh.size(), from + held_max);
      const auto at = [&](std::size_t i) { return fresh.begin() + static_cast<std::ptrdiff_t>(i); };
      kill_some(group, {at(from), at(to)});
    }
  }
}

int remove_group(const fs::path& group) {
  if (::rmdir(group.c_str()) == 0 || errno == ENOENT) return 0;
  return errno;
}

bool end_group(const fs::path& group, std::chrono::milliseconds at_most) {
  return end_until(group, std::chrono::steady_clock::now() + at_most);
}

}  // namespace platform::execution
