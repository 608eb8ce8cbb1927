#include "execution/memory_use.hpp"

#include "execution/process_family.hpp"

#include <charconv>
#include <initializer_list>
#include <string_view>

namespace platform::execution {

namespace {

// "\nRssAnon:\t    1234 kB", say.
std::uint64_t sum_of(std::string_view text, std::initializer_list<std::string_view> names) {
  std::uint64_t result = 0;
  for (const auto name : names) {
    const auto at = text.find(name);
    if (at == std::string_view::npos) continue;
    const auto first = text.find_first_of("0123456789", at + name.size());
    if (first == std::string_view::npos) continue;
    std::uint64_t kilobytes = 0;
    std::from_chars(text.data() + first, text.data() + text.size(), kilobytes);
    result += kilobytes << 10U;
  }
  return result;
}

std::uint64_t sum_over(pid_t root, const char* file,
                       std::initializer_list<std::string_view> names) {
  std::uint64_t result = 0;
  for (const auto each : family_of(root)) result += sum_of(read_of_process(each, file), names);
  return result;
}

}  // namespace

std::uint64_t own_bytes(pid_t root) {
  return sum_over(root, "status", {"\nRssAnon:", "\nRssShmem:"});
}

std::uint64_t proportional_bytes(pid_t root) {
  return sum_over(root, "smaps_rollup", {"\nPss_Anon:", "\nPss_Shmem:"});
}

}  // namespace platform::execution
