#include "acknowledged_mark.hpp"

#include "problems.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace fsm::rocks {

namespace {

// Two numbers, the boot and a line break, with blanks between: always the same size, so that each
// write replaces all of it.
constexpr std::size_t digits = 20;
constexpr std::size_t boot_size = 36;
constexpr std::size_t line_size = 2 * (digits + 1) + boot_size + 1;

std::string path_in(const std::string& directory) { return directory + "/ACKNOWLEDGED"; }

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string this_boot() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id.size() == boot_size ? id : std::string{};
}

acknowledged_mark::acknowledged_mark(acknowledged_mark&& other) noexcept
    : file_{std::exchange(other.file_, -1)}, at_{std::move(other.at_)} {}

acknowledged_mark& acknowledged_mark::operator=(acknowledged_mark&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(at_, other.at_);
  return *this;
}

acknowledged_mark::~acknowledged_mark() {
  if (file_ != -1) ::close(file_);
}

acknowledged acknowledged_mark::read(const std::string& directory) {
  const int file = ::open(path_in(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (file == -1) return {};
  std::array<char, line_size> line{};
  const ssize_t got = ::pread(file, line.data(), line.size(), 0);
  ::close(file);
  const std::string_view text{line.data(), line.size()};
  if (got != static_cast<ssize_t>(text.size()) || text.back() != '\n') return {};
  const auto synced = number_in(text.substr(0, digits));
  const auto written = number_in(text.substr(digits + 1, digits));
  if (!synced || !written) return {};
  const std::string_view boot = text.substr(2 * (digits + 1), boot_size);
  return {.synced = *synced,
          .written = *written,
          .boot = std::string{boot.substr(0, boot.find_last_not_of(' ') + 1)}};
}

expected<acknowledged_mark> acknowledged_mark::open(const std::string& directory, std::string boot,
                                                    std::uint64_t sequence) {
  acknowledged_mark opened;
  opened.at_ = {.synced = sequence, .written = sequence, .boot = std::move(boot)};
  opened.file_ = ::open(path_in(directory).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = opened.file_ != -1 && opened.write() && ::fsync(opened.file_) == 0 &&
                    folder != -1 && ::fsync(folder) == 0;
  const std::string why = done ? "" : std::strerror(errno);
  if (folder != -1) ::close(folder);
  if (done) return opened;
  return unexpected(problem(directory, "opened",
                            rocksdb::Status::IOError("While writing " + path_in(directory), why)));
}

bool acknowledged_mark::write() const noexcept {
  std::array<char, line_size> line{};
  fmt::format_to_n(line.data(), line.size(), "{:0{}} {:0{}} {:{}}\n", at_.synced, digits,
                   at_.written, digits, at_.boot, boot_size);
  return ::pwrite(file_, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
}

void acknowledged_mark::move_to(std::uint64_t sequence, bool synced) noexcept {
  if (synced) at_.synced = sequence;
  at_.written = sequence;
  static_cast<void>(write());
}

}  // namespace fsm::rocks
