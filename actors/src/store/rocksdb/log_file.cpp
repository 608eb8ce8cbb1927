#include "log_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace fsm::rocks {

namespace {

constexpr std::size_t bytes_max = std::size_t{4} << 20U;
constexpr std::size_t line_max = 4096;

}  // namespace

log_file::log_file(const std::string& directory)
    : Logger{rocksdb::InfoLogLevel::WARN_LEVEL}, path_{directory + "/LOG"} {}

log_file::~log_file() {
  if (file_ != -1) ::close(file_);
}

void log_file::begin() {
  if (file_ != -1) ::close(file_);
  static_cast<void>(std::rename(path_.c_str(), (path_ + ".before").c_str()));
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  size_ = 0;
  has_begun_ = true;
}

void log_file::Logv(const char* format, va_list values) {
  std::array<char, line_max> text{};
  const int length = std::vsnprintf(text.data(), text.size(), format, values);
  if (length <= 0) return;
  const std::string_view words{
      text.data(), std::min<std::size_t>(static_cast<std::size_t>(length), line_max - 1)};
  const std::string line =
      fmt::format("{} {}\n",
                  rocksdb::Env::Default()->TimeToString(
                      static_cast<std::uint64_t>(rocksdb::Env::Default()->NowMicros() / 1'000'000)),
                  words.substr(0, words.find_last_not_of('\n') + 1));
  const std::lock_guard lock{mutex_};
  if (!has_begun_ || size_ + line.size() > bytes_max) begin();
  if (file_ == -1) return;
  size_ += line.size();
  [[maybe_unused]] const ssize_t written = ::write(file_, line.data(), line.size());
}

}  // namespace fsm::rocks
