#include "machine.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <malloc.h>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace bench {
namespace {

/// The rest of the line of `path` that starts with `key`, from its first letter or digit on; empty
/// if there is none.
std::string field(const char* path, std::string_view key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto begin = line.find_first_not_of(" \t:", key.size());
    return begin == std::string::npos ? std::string{} : line.substr(begin);
  }
  return {};
}

/// A line of /proc/meminfo, which counts in KiB.
std::uint64_t memory_field(std::string_view key) {
  const auto text = field("/proc/meminfo", key);
  return text.empty() ? 0 : std::stoull(text) * 1024;
}

/// The number in a file; the highest there is when the file is missing or says "max".
std::uint64_t number_in(const char* path) {
  std::ifstream file{path};
  std::uint64_t value = 0;
  return file >> value ? value : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::string machine::to_string() const {
  return std::to_string(cores) + (cores == 1 ? " core, " : " cores, ") + cpu + ", " +
         in_gibibytes(memory_bytes);
}

machine this_machine() {
  auto cpu = field("/proc/cpuinfo", "model name");
  if (cpu.empty()) cpu = "unknown processor";
  return {std::max(1U, std::thread::hardware_concurrency()), cpu, memory_field("MemTotal:")};
}

build this_build() {
  build made{FSM_BENCH_VERSION, FSM_BENCH_COMMIT, FSM_BENCH_BUILD_TYPE, "g++ " __VERSION__, {}};
#if defined(__clang__)
  made.compiler = __VERSION__;
#endif
#if !defined(NDEBUG)
  made.warnings.emplace_back("assertions are on");
#endif
#if !defined(__OPTIMIZE__)
  made.warnings.emplace_back("built without optimisation");
#endif
  if (std::string_view{FSM_BENCH_FLAGS}.find("-fsanitize=") != std::string_view::npos) {
    made.warnings.emplace_back("sanitizers are on");
  }
  return made;
}

std::uint64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t resident_bytes_trimmed() {
  malloc_trim(0);
  return resident_bytes();
}

std::uint64_t available_bytes() {
  const auto of_system = memory_field("MemAvailable:");
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit == std::numeric_limits<std::uint64_t>::max() || used > limit) return of_system;
  return std::min(of_system, limit - used);
}

std::string in_gibibytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / (1U << 30));
  return text;
}

}  // namespace bench
