#include "data_directory.hpp"

#include "flags.hpp"

#include <linux/magic.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <sys/file.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view marker_head =
    "Stores of fsm-bench, which removes and makes anew the directories named below:\n";
constexpr std::size_t marker_size_max = 64 * 1024;

[[noreturn]] void refuse(const fs::path& what, const std::string& why) {
  throw usage_error{"--data: " + what.string() + " " + why};
}

bool is_label(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool in_memory(const fs::path& where) {
  struct statfs facts {};
  if (statfs(where.c_str(), &facts) != 0) return false;
  const auto kind = static_cast<unsigned long>(facts.f_type);
  return kind == TMPFS_MAGIC || kind == RAMFS_MAGIC;
}

/// Throws `usage_error` unless the directory can be used at all.
void check_directory(const fs::path& given) {
  std::error_code wrong;
  const auto kind = fs::status(given, wrong).type();
  if (kind == fs::file_type::not_found) {
    const auto parent = fs::absolute(given).lexically_normal().parent_path();
    if (!fs::is_directory(parent, wrong))
      refuse(given, "cannot be made: there is no " + parent.string());
    return;
  }
  if (kind != fs::file_type::directory) refuse(given, "is no directory");
  if (access(given.c_str(), R_OK | W_OK | X_OK) != 0)
    refuse(given, "cannot be used: " + std::generic_category().message(errno));
  if (!fs::is_empty(given) &&
      !fs::is_regular_file(fs::symlink_status(given / data_directory::marker_name)))
    refuse(given, "is not empty and was not made by fsm-bench; give an empty or a new directory");
}

}  // namespace

data_directory::data_directory(fs::path where, bool temporary)
    : path_{std::move(where)}, temporary_{temporary} {}

std::shared_ptr<data_directory> data_directory::take(const fs::path& given) {
  check_directory(given);
  std::error_code wrong;
  fs::create_directory(given, wrong);
  if (wrong) refuse(given, "cannot be made: " + wrong.message());
  std::shared_ptr<data_directory> made{new data_directory{given, false}};
  made->open_marker();
  made->read_marker();
  made->check_entries();
  return made;
}

std::shared_ptr<data_directory> data_directory::make_temporary() {
  std::vector<fs::path> candidates;
  if (const char* const named = std::getenv("TMPDIR"); named != nullptr)
    candidates.emplace_back(named);
  candidates.insert(candidates.end(), {"/tmp", "/var/tmp"});
  for (const auto& each : candidates) {
    if (access(each.c_str(), W_OK | X_OK) != 0 || in_memory(each)) continue;
    auto pattern = (each / "fsm-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) continue;
    std::shared_ptr<data_directory> made{new data_directory{pattern, true}};
    made->open_marker();
    made->read_marker();
    return made;
  }
  throw usage_error{
      "--store: there is no writable directory for temporary files on a disk (TMPDIR, /tmp, "
      "/var/tmp); give one with --data"};
}

data_directory::~data_directory() {
  remove_unless_kept();
  if (marker_ >= 0) close(marker_);
  if (!temporary_) return;
  std::error_code ignored;  // Nobody is left to tell.
  fs::remove(path_ / marker_name, ignored);
  fs::remove(path_, ignored);
}

void data_directory::open_marker() {
  const auto file = path_ / marker_name;
  marker_ = open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (marker_ < 0) refuse(file, "cannot be opened: " + std::generic_category().message(errno));
  if (flock(marker_, LOCK_EX | LOCK_NB) == 0) return;
  close(marker_);
  marker_ = -1;
  refuse(path_, "is in use by another fsm-bench");
}

void data_directory::read_marker() {
  std::string text(marker_size_max, '\0');
  const auto size = pread(marker_, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (text.empty()) {
    if (write(marker_, marker_head.data(), marker_head.size()) !=
        static_cast<ssize_t>(marker_head.size()))
      refuse(path_ / marker_name, "cannot be written: " + std::generic_category().message(errno));
    return;
  }
  if (!text.starts_with(marker_head)) refuse(path_ / marker_name, "was not written by fsm-bench");
  std::istringstream lines{text.substr(marker_head.size())};
  for (std::string line; std::getline(lines, line);) {
    if (!is_label(line))
      refuse(path_ / marker_name, "lists '" + line + "', which fsm-bench never made");
    made_.insert(line);
  }
}

void data_directory::check_entries() const {
  for (const auto& each : fs::directory_iterator{path_}) {
    const auto name = each.path().filename().string();
    if (name == marker_name) continue;
    if (!made_.contains(name) || !fs::is_directory(each.symlink_status()))
      refuse(path_, "holds " + name + ", which was not made by fsm-bench; give another directory");
  }
}

fs::path data_directory::place(std::string_view label) {
  if (!is_label(label))
    throw std::runtime_error{"'" + std::string{label} + "' cannot name a store"};
  if (made_.contains(label)) {
    remove(label);
  } else {
    // Listed before it is there, so that it can always be removed.
    const auto line = std::string{label} + '\n';
    if (write(marker_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      throw std::runtime_error{(path_ / marker_name).string() +
                               " cannot be written: " + std::generic_category().message(errno)};
    }
    made_.emplace(label);
  }
  return path_ / label;
}

void data_directory::remove(std::string_view label) {
  if (!made_.contains(label)) return;
  std::error_code wrong;
  fs::remove_all(path_ / label, wrong);
  if (wrong)
    throw std::runtime_error{(path_ / label).string() + " cannot be removed: " + wrong.message()};
}

void data_directory::remove_unless_kept() noexcept {
  if (!temporary_) return;
  for (const auto& each : made_) {
    std::error_code ignored;
    fs::remove_all(path_ / each, ignored);
  }
}

std::uint64_t data_directory::available_bytes() const { return fs::space(path_).available; }

bool data_directory::is_in_memory() const { return in_memory(path_); }

}  // namespace bench
