#include "execution/memory_use.hpp"

#include "code/file.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

// A bound for what is looked at: more processes than an environment may have.
constexpr std::size_t processes_max = 4096;

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

std::vector<std::uint64_t> numbers_in(std::string_view text) {
  std::vector<std::uint64_t> result;
  while (!text.empty()) {
    std::uint64_t number = 0;
    const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem == std::errc{}) result.push_back(number);
    const auto used = static_cast<std::size_t>(rest - text.data());
    text.remove_prefix(std::min(text.size(), used + 1));
  }
  return result;
}

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

// Children belong to the thread that made them.
void add_children(pid_t of, std::vector<pid_t>& to) {
  std::error_code ended;
  for (fs::directory_iterator at{folder_of(of) + "/task", ended}, end; !ended && at != end;
       at.increment(ended)) {
    for (const auto child : numbers_in(read_text((at->path() / "children").string())))
      to.push_back(static_cast<pid_t>(child));
  }
}

template <class Bytes>
std::uint64_t sum_over(pid_t root, Bytes bytes) {
  std::vector<pid_t> family{root};
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < family.size() && i < processes_max; ++i) {
    result += bytes(family[i]);
    add_children(family[i], family);
  }
  return result;
}

}  // namespace

std::uint64_t private_bytes(pid_t root) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return sum_over(root, [](pid_t process) -> std::uint64_t {
    const auto pages = numbers_in(read_text(folder_of(process) + "/statm"));
    return pages.size() > 2 && pages[1] > pages[2] ? (pages[1] - pages[2]) * page : 0;
  });
}

std::uint64_t proportional_bytes(pid_t root) {
  return sum_over(root, [](pid_t process) -> std::uint64_t {
    const auto text = read_text(folder_of(process) + "/smaps_rollup");
    const auto at = text.find("\nPss:");
    if (at == std::string::npos) return 0;
    const auto found = numbers_in(text.substr(at + 5, 24));
    return found.empty() ? 0 : found.front() << 10U;
  });
}

}  // namespace platform::execution
