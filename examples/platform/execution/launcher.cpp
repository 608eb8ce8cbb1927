#include "execution/launcher.hpp"

#include "execution/environment_program/messages.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace {

tl::unexpected<fsm::error> trouble(const char* what, int number) {
  return fsm::unexpected(
      {.code = fsm::errc::internal,
       .message = std::string{what} + ": " + std::generic_category().message(number)});
}

// Above those that a process starts with, so that none is taken by another on the way.
code::file raised(int descriptor) {
  code::file low{descriptor};
  return code::file{::fcntl(low.descriptor(), F_DUPFD_CLOEXEC, first_foreign_descriptor)};
}

struct spawn_actions {
  posix_spawn_file_actions_t what{};
  spawn_actions() { posix_spawn_file_actions_init(&what); }
  spawn_actions(const spawn_actions&) = delete;
  spawn_actions& operator=(const spawn_actions&) = delete;
  ~spawn_actions() { posix_spawn_file_actions_destroy(&what); }
};

struct spawn_attributes {
  posix_spawnattr_t what{};
  spawn_attributes() {
    posix_spawnattr_init(&what);
    // As a new process has them: the platform handles signals its own way.
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&what, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&what, &signals);
    posix_spawnattr_setflags(&what, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;
  ~spawn_attributes() { posix_spawnattr_destroy(&what); }
};

}  // namespace

fsm::expected<launched> launch(const std::vector<std::string>& command, std::string_view message,
                               const code::file& filter) {
  std::array<int, 2> talk{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk.data()) != 0)
    return trouble("socketpair", errno);
  launched result;
  result.control = code::file{talk[0]};
  const auto theirs = raised(talk[1]);
  std::array<int, 2> words{};
  if (::pipe2(words.data(), O_CLOEXEC) != 0) return trouble("pipe", errno);
  result.log = code::file{words[0]};
  const auto log = raised(words[1]);
  if (::send(talk[0], message.data(), message.size(), MSG_NOSIGNAL) < 0)
    return trouble("send", errno);

  spawn_actions actions;
  auto* list = &actions.what;
  const auto give = [list](int from, int to) { posix_spawn_file_actions_adddup2(list, from, to); };
  posix_spawn_file_actions_addopen(list, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  give(log.descriptor(), STDOUT_FILENO);
  give(log.descriptor(), STDERR_FILENO);
  give(theirs.descriptor(), control_descriptor);
  const auto rules = filter.is_open() ? raised(::dup(filter.descriptor())) : code::file{};
  if (rules.is_open()) give(rules.descriptor(), filter_descriptor);
  std::vector<char*> arguments;
  for (const auto& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  std::array<char*, 1> variables{nullptr};
  const spawn_attributes attributes;
  const int failed = posix_spawn(&result.id, arguments.front(), list, &attributes.what,
                                 arguments.data(), variables.data());
  if (failed != 0) return trouble(command.front().c_str(), failed);
  // The number stays theirs until the platform has waited for it.
  const auto process = ::syscall(SYS_pidfd_open, result.id, 0);
  if (process < 0) {
    const int number = errno;
    ::kill(result.id, SIGKILL);
    ::waitpid(result.id, nullptr, 0);
    return trouble("pidfd_open", number);
  }
  result.process = code::file{static_cast<int>(process)};
  return result;
}

}  // namespace platform::execution
