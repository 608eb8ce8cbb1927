#include "manifest_mark.hpp"

#include "problems.hpp"

#include <fmt/format.h>
#include <rocksdb/db.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fsm::rocks {

namespace {

// "MANIFEST-", a number, a blank, a size, a line break: always the same length, so that each write
// replaces all of it.
constexpr std::size_t number_digits = 20;
constexpr std::string_view prefix = "MANIFEST-";
constexpr std::size_t line_size = prefix.size() + 2 * number_digits + 2;

struct mark {
  std::uint64_t number = 0;
  std::uint64_t size = 0;
};

std::string path_in(const std::string& directory) { return directory + "/MANIFEST-SIZE"; }

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// None if there is no mark or it was never completely written.
std::optional<mark> read(const std::string& directory) {
  const int file = ::open(path_in(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (file == -1) return std::nullopt;
  std::array<char, line_size> line{};
  const ssize_t got = ::pread(file, line.data(), line.size(), 0);
  ::close(file);
  const std::string_view text{line.data(), line.size()};
  if (got != static_cast<ssize_t>(line_size) || !text.starts_with(prefix)) return std::nullopt;
  if (text[prefix.size() + number_digits] != ' ' || text.back() != '\n') return std::nullopt;
  const auto number = number_in(text.substr(prefix.size(), number_digits));
  const auto size = number_in(text.substr(prefix.size() + number_digits + 1, number_digits));
  if (!number || !size) return std::nullopt;
  return mark{.number = *number, .size = *size};
}

}  // namespace

manifest_mark::~manifest_mark() {
  if (file_ != -1) ::close(file_);
}

expected<void> manifest_mark::check(const std::string& directory) {
  const auto known = read(directory);
  if (!known) return {};
  const std::string name = fmt::format("{}{:06}", prefix, known->number);
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(directory + "/" + name, problem);
  if (problem || size >= known->size) return {};
  return unexpected(damaged(directory, fmt::format("its file {} has {} bytes, but had {}: it was "
                                                   "cut short, and says too little of the tables",
                                                   name, size, known->size)));
}

void manifest_mark::move(rocksdb::DB& of) noexcept try {
  const std::lock_guard lock{mutex_};  // The later call has the later size.
  std::vector<std::string> files;
  std::uint64_t size = 0;
  if (!of.GetLiveFiles(files, &size, false).ok()) return;
  if (file_ == -1)
    file_ = ::open(path_in(directory_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  for (const std::string_view file : files) {
    if (!file.starts_with("/MANIFEST-")) continue;
    const auto number = number_in(file.substr(1 + prefix.size()));
    if (!number) return;
    const std::string line =
        fmt::format("{}{:0{}} {:0{}}\n", prefix, *number, number_digits, size, number_digits);
    [[maybe_unused]] const ssize_t written = ::pwrite(file_, line.data(), line.size(), 0);
  }
} catch (const std::exception&) {  // No memory: it stays where it was.
}

}  // namespace fsm::rocks
