#include "execution/leftovers.hpp"

#include "code/file.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

// More than the words of bwrap take.
constexpr std::size_t words_bytes_max = 16384;

std::string words_of(const fs::path& process) {
  const code::file file{::open((process / "cmdline").c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return {};
  std::string result(words_bytes_max, '\0');
  const auto length = ::read(file.descriptor(), result.data(), result.size());
  result.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return result;
}

bool starts_environment(std::string_view words, const std::string& folder) {
  const auto program = words.substr(0, words.find('\0'));
  const bool ours = program.ends_with("/bwrap") || program.ends_with("/fsm-environment");
  return ours && words.find(folder + "/") != std::string_view::npos;
}

}  // namespace

void end_leftover_processes(const fs::path& folder) {
  std::error_code ended;
  for (fs::directory_iterator at{"/proc", ended}, end; !ended && at != end; at.increment(ended)) {
    const auto name = at->path().filename().string();
    pid_t number = 0;
    const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (problem != std::errc{} || rest != name.data() + name.size()) continue;
    if (!starts_environment(words_of(at->path()), folder.string())) continue;
    // Held before it is looked at again: its number may have become another's.
    const code::file process{static_cast<int>(::syscall(SYS_pidfd_open, number, 0))};
    if (!process.is_open() || !starts_environment(words_of(at->path()), folder.string())) continue;
    ::syscall(SYS_pidfd_send_signal, process.descriptor(), SIGKILL, nullptr, 0);
  }
}

}  // namespace platform::execution
