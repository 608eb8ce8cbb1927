#include "acknowledged_mark.hpp"

#include "problems.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace fsm::rocks {

namespace {

// Twenty digits and a line break: always the same size, so that each write replaces all of it.
constexpr std::size_t digits = 20;

std::string path_in(const std::string& directory) { return directory + "/ACKNOWLEDGED"; }

}  // namespace

acknowledged_mark::acknowledged_mark(acknowledged_mark&& other) noexcept
    : file_{std::exchange(other.file_, -1)} {}

acknowledged_mark& acknowledged_mark::operator=(acknowledged_mark&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

acknowledged_mark::~acknowledged_mark() {
  if (file_ != -1) ::close(file_);
}

std::uint64_t acknowledged_mark::read(const std::string& directory) {
  const int file = ::open(path_in(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (file == -1) return 0;
  std::array<char, digits + 1> text{};
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  ::close(file);
  std::uint64_t sequence = 0;
  if (got != static_cast<ssize_t>(text.size()) || text.back() != '\n') return 0;
  const auto end = std::from_chars(text.data(), text.data() + digits, sequence).ptr;
  return end == text.data() + digits ? sequence : 0;
}

expected<acknowledged_mark> acknowledged_mark::open(const std::string& directory) {
  acknowledged_mark opened;
  opened.file_ = ::open(path_in(directory).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (opened.file_ == -1) {
    return unexpected(problem(
        directory, "opened",
        rocksdb::Status::IOError("While opening " + path_in(directory), std::strerror(errno))));
  }
  return opened;
}

void acknowledged_mark::move_to(std::uint64_t sequence) noexcept {
  std::array<char, digits + 1> text{};
  fmt::format_to_n(text.data(), text.size(), "{:0{}}\n", sequence, digits);
  [[maybe_unused]] const ssize_t written = ::pwrite(file_, text.data(), text.size(), 0);
}

}  // namespace fsm::rocks
