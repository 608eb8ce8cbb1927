#include "child_process.hpp"

#include "interrupt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what, int number) {
  throw std::runtime_error{what + ": " + std::generic_category().message(number)};
}

/// What `posix_spawn` is to do in the child: the pipes, a process group, and no signals ignored.
class spawn_rules {
public:
  spawn_rules(int stdin_of_child, int stdout_of_child) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, stdin_of_child, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, stdout_of_child, STDOUT_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  }
  spawn_rules(const spawn_rules&) = delete;
  spawn_rules& operator=(const spawn_rules&) = delete;
  ~spawn_rules() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }

  [[nodiscard]] int spawn(pid_t& pid, const std::vector<std::string>& arguments) const {
    std::vector<char*> pointers;
    for (const auto& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
    pointers.push_back(nullptr);
    return posix_spawnp(&pid, pointers[0], &files_, &attributes_, pointers.data(), environ);
  }

private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

child_process::child_process(std::string name, const std::vector<std::string>& arguments)
    : name_{std::move(name)} {
  // A socket, as writing to one that nobody reads any more can be told not to raise a signal.
  std::array<int, 2> input{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) != 0) fail(name_, errno);
  std::array<int, 2> output{};
  if (pipe2(output.data(), O_CLOEXEC) != 0) {
    const int why = errno;
    for (const int each : input) close(each);
    fail(name_, why);
  }
  const int refused = spawn_rules{input[1], output[1]}.spawn(pid_, arguments);
  close(input[1]);
  close(output[1]);
  stdin_ = input[0];
  stdout_ = output[0];
  if (refused != 0) {
    close(stdin_);
    close(stdout_);
    fail(name_ + " cannot be started", refused);
  }
}

child_process::~child_process() {
  close(stdin_);
  close(stdout_);
  kill_now();
}

void child_process::kill_now() {
  if (ended_) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  ended_ = true;
}

void child_process::write_line(std::string_view line) {
  const auto text = std::string{line} + '\n';
  if (send(stdin_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
      static_cast<ssize_t>(text.size())) {
    return;
  }
  throw std::runtime_error{name_ + " does not read what it is told"};
}

std::optional<std::string> child_process::read_line(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  for (;;) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    if (unread_.size() > line_length_max) {
      throw std::runtime_error{name_ + " wrote a line of more than " +
                               std::to_string(line_length_max) + " characters"};
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds{0}) {
      throw std::runtime_error{name_ + " wrote no line within " + std::to_string(patience.count()) +
                               " ms"};
    }
    if (interrupted() || !read_more(left)) return std::nullopt;
  }
}

/// False at the end. May come back with nothing before `patience` is over.
bool child_process::read_more(milliseconds patience) {
  constexpr milliseconds slice{50};  // So that an interrupt is seen soon.
  pollfd readable{stdout_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(std::min(patience, slice).count())) <= 0) return true;
  std::array<char, 4096> text{};
  const auto size = read(stdout_, text.data(), text.size());
  if (size < 0) return errno == EINTR;
  unread_.append(text.data(), static_cast<std::size_t>(size));
  return size > 0;
}

int child_process::wait() {
  constexpr milliseconds patience{2000};
  constexpr milliseconds slice{5};
  int status = 0;
  for (auto waited = milliseconds{0}; waitpid(pid_, &status, WNOHANG) == 0; waited += slice) {
    if (waited >= patience) {
      kill(-pid_, SIGKILL);
      waitpid(pid_, &status, 0);
      break;
    }
    std::this_thread::sleep_for(slice);
  }
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string find_program(std::string_view program) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? std::string_view{} : path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    auto candidate = std::string{rest.substr(0, end)} + '/' + std::string{program};
    if (end > 0 && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::vector<double> parse_values(std::string_view line,
                                 const std::vector<std::string_view>& names) {
  std::vector<double> values;
  auto rest = line;
  const auto next_word = [&rest] {
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
  };
  std::string expected;
  bool fits = true;
  for (const auto name : names) {
    expected += (expected.empty() ? "" : " ") + std::string{name} + " NUMBER";
    if (next_word() != name) fits = false;
    const auto word = next_word();
    double value = 0;
    const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), value);
    fits = fits && wrong == std::errc{} && end == word.data() + word.size() &&
           std::isfinite(value) && value >= 0;
    values.push_back(value);
  }
  if (fits && rest.empty()) return values;
  throw std::runtime_error{"'" + std::string{line.substr(0, 200)} + "' is not '" + expected + "'"};
}

}  // namespace bench
