// fsm-environment: what a process becomes before it becomes an execution environment.
//
//   fsm-environment outside PARENT USER GROUP COMMAND...   on the way into a sandbox
//   fsm-environment inside DESCRIPTOR                      on the way into the runtime
//
// Kept small: it runs with a function's rights, and its start is part of every cold start. It reads
// no environment and no file; what it becomes, it is told through a socket (see messages.hpp).
#include "messages.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace platform::execution;

constexpr int cannot_run = 126;

int fail(const char* what) {
  std::fprintf(stderr, "fsm-environment: %s: %s\n", what, std::strerror(errno));
  return cannot_run;
}

long number(std::string_view text) {
  long result = -1;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

// When the machine has no memory left, this is what it should end. Best effort.
void be_first_to_go() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  constexpr std::string_view most = "1000";
  [[maybe_unused]] const auto written = ::write(file, most.data(), most.size());
  ::close(file);
}

// Into a control group, by a file that takes who writes to it. What it becomes stays inside.
bool enter(const char* door) {
  const int file = ::open(door, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool inside = ::write(file, "0", 1) == 1;
  const int problem = errno;
  ::close(file);
  errno = problem;
  return inside;
}

// In control groups of its own, a user and group of its own, and a session of its own, that ends
// with the parent. Words: the parent, user, group, how many doors, the doors, and what to become.
int outside(int count, char** words) {
  const auto parent = static_cast<pid_t>(number(words[0]));
  const long user = number(words[1]);
  const long group = number(words[2]);
  const long doors = number(words[3]);
  if (doors < 0 || doors + 4 >= count) return fail("not to be understood");
  char** program = words + 4 + doors;
  // The parent may have files open that do not close themselves.
  if (::close_range(first_foreign_descriptor, ~0U, 0) != 0) return fail("close_range");
  ::setsid();
  be_first_to_go();  // As long as its own entries in /proc are its own.
  for (char** door = words + 4; door != program; ++door) {
    if (!enter(*door)) return fail(*door);
  }
  if (user >= 0) {
    const auto uid = static_cast<uid_t>(user);
    const auto gid = static_cast<gid_t>(group);
    if (::setgroups(0, nullptr) != 0 || ::setresgid(gid, gid, gid) != 0 ||
        ::setresuid(uid, uid, uid) != 0) {
      return fail("cannot become another user");
    }
  }
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail("prctl");
  if (::getppid() != parent) return 0;  // It was too late.
  ::execv(*program, program);
  return fail(*program);
}

// Where the runtime finds its next invocation. Gives the port; 0 if there is none.
std::uint16_t listen(int listener) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, where, length) != 0 || ::listen(listener, SOMAXCONN) != 0 ||
      ::getsockname(listener, where, &length) != 0) {
    return 0;
  }
  return ntohs(address.sin_port);
}

bool send_descriptor(int to, int what) {
  char word = listening_word;
  iovec text{&word, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  auto* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &what, sizeof what);
  return ::sendmsg(to, &message, MSG_NOSIGNAL) == 1;
}

bool limit(__rlimit_resource which, std::string_view most) {
  const long value = number(most);
  if (value < 0) return true;
  const rlimit both{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  return ::setrlimit(which, &both) == 0;
}

int report(int to, const char* what) {
  std::string text{failed_word};
  text += std::to_string(errno) + " " + what;
  ::send(to, text.data(), text.size(), MSG_NOSIGNAL);
  return cannot_run;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& each : words) result.push_back(each.data());
  result.push_back(nullptr);
  return result;
}

int inside(int control) {
  std::string text(entry_bytes_max, '\0');
  const auto length = ::recv(control, text.data(), text.size(), 0);
  if (length <= 0) return fail("nothing to become");
  text.resize(static_cast<std::size_t>(length));
  auto told = read_entry(text);
  if (!told) return fail("not to be understood");
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto port = listen(listener);
  if (port == 0) return report(control, "listen");
  if (!send_descriptor(control, listener)) return fail("sendmsg");
  ::fcntl(control, F_SETFD, FD_CLOEXEC);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return report(control, "prctl");
  if (!limit(RLIMIT_NPROC, told->processes_max) || !limit(RLIMIT_NOFILE, told->files_max) ||
      !limit(RLIMIT_DATA, told->data_bytes_max) || !limit(RLIMIT_CORE, "0")) {
    return report(control, "setrlimit");
  }
  if (::chdir(told->folder.c_str()) != 0) return report(control, "chdir");
  const std::string where = "AWS_LAMBDA_RUNTIME_API=";
  std::erase_if(told->variables, [&](const auto& each) { return each.starts_with(where); });
  told->variables.push_back(where + "127.0.0.1:" + std::to_string(port));
  ::execve(told->words.front().c_str(), pointers(told->words).data(),
           pointers(told->variables).data());
  return report(control, "exec");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc > 1 ? argv[1] : "";
  if (way == "outside" && argc > 6) return outside(argc - 2, argv + 2);
  if (way == "inside" && argc == 3) return inside(static_cast<int>(number(argv[2])));
  std::fputs("fsm-environment: only fsm-platform starts it\n", stderr);
  return 2;
}
