#include "execution/process_family.hpp"

#include "code/file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

// A bound for what is looked at: more processes than an environment may have.
constexpr std::size_t processes_max = 4096;
// While they are stopped one after the other, those that are not yet make more.
constexpr int rounds_max = 5;

std::string read_text(const std::string& path) {
  const code::file file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return {};
  std::string result;
  std::array<char, 4096> piece{};
  while (true) {
    const auto length = ::read(file.descriptor(), piece.data(), piece.size());
    if (length <= 0) return result;
    result.append(piece.data(), static_cast<std::size_t>(length));
  }
}

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

void add_numbers(std::string_view text, std::vector<pid_t>& to) {
  while (!text.empty()) {
    pid_t number = 0;
    const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem == std::errc{}) to.push_back(number);
    const auto used = static_cast<std::size_t>(rest - text.data());
    text.remove_prefix(std::min(text.size(), used + 1));
  }
}

// Children belong to the thread that made them.
void add_children(pid_t of, std::vector<pid_t>& to) {
  std::error_code ended;
  for (fs::directory_iterator at{folder_of(of) + "/task", ended}, end; !ended && at != end;
       at.increment(ended)) {
    add_numbers(read_text((at->path() / "children").string()), to);
  }
}

}  // namespace

std::vector<pid_t> family_of(pid_t root) {
  std::vector<pid_t> family{root};
  for (std::size_t i = 0; i < family.size() && i < processes_max; ++i)
    add_children(family[i], family);
  return family;
}

// Stopped first, so that none makes another one meanwhile.
void end_family(pid_t root) {
  std::vector<pid_t> family;
  for (int round = 0; round < rounds_max; ++round) {
    auto now = family_of(root);
    if (now.size() == family.size()) break;
    for (const auto each : now) ::kill(each, SIGSTOP);
    family = std::move(now);
  }
  for (const auto each : family) ::kill(each, SIGKILL);
}

std::string read_of_process(pid_t process, const char* file) {
  return read_text(folder_of(process) + "/" + file);
}

}  // namespace platform::execution
