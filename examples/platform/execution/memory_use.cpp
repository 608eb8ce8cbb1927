#include "execution/memory_use.hpp"

#include "execution/process_family.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string_view>
#include <vector>

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

std::uint64_t sum_over(const std::vector<pid_t>& all, const char* file,
                       std::initializer_list<std::string_view> names) {
  std::uint64_t result = 0;
  for (const auto each : all) result += sum_of(read_of_process(each, file), names);
  return result;
}

}  // namespace

std::uint64_t own_bytes(pid_t root) {
  return sum_over(family_of(root), "status", {"\nRssAnon:", "\nRssShmem:"});
}

std::uint64_t proportional_bytes(pid_t root) {
  return sum_over(family_of(root), "smaps_rollup", {"\nPss_Anon:", "\nPss_Shmem:"});
}

// Files in a /tmp in memory are among what is shared, but count only as far as they are mapped.
memory_found group_bytes(const control_group& of, std::uint64_t most) {
  const auto found = of.memory();
  if (found.shared_bytes == 0 || found.own_bytes > most) return {.bytes = found.own_bytes};
  const auto mapped =
      std::min(found.shared_bytes, sum_over(of.processes(), "status", {"\nRssShmem:"}));
  return {.bytes = found.own_bytes + mapped, .is_exact = mapped == 0};
}

std::uint64_t proportional_bytes(const control_group& of) {
  const auto found = of.memory();
  const auto mapped = sum_over(of.processes(), "smaps_rollup", {"\nPss_Shmem:"});
  return found.own_bytes + std::min(found.shared_bytes, mapped);
}

}  // namespace platform::execution
