#include "code/code_store.hpp"
#include "code/file.hpp"
#include "wire/digest.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <mutex>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace platform::code {

namespace {

namespace fs = std::filesystem;

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

fsm::error trouble(int number, const std::string& what, const std::string& path) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  return {.code = fsm::errc::internal,
          .message = full ? "there is no room on the disk for the package"
                          : what + " " + path + ": " + std::generic_category().message(number)};
}

// The first two digits name a folder: a directory of a hundred thousand files is a slow one.
class disk_code_store final : public code_store {
public:
  disk_code_store(fs::path data, bool synced) : data_{std::move(data)}, synced_{synced} {}

  // Makes the folders, and removes what an interrupted write left.
  fsm::expected<void> open();

  fsm::expected<void> put(const digest& name, std::string bytes) override;
  fsm::expected<std::string> get(const digest& name) const override;
  bool contains(const digest& name) const override;
  fsm::expected<void> remove(const digest& name) override;
  fsm::expected<std::vector<digest>> list() const override;
  fsm::expected<void> copy_to(const std::string& checkpoint) const override;

private:
  [[nodiscard]] std::string folder() const { return (data_ / "code").string(); }
  [[nodiscard]] std::string incoming() const { return folder() + "/incoming"; }
  [[nodiscard]] std::string folder_of(const digest& name) const {
    return folder() + "/" + wire::hex_encode(name.substr(0, 1));
  }
  [[nodiscard]] std::string path_of(const digest& name) const {
    return folder_of(name) + "/" + wire::hex_encode(name);
  }
  [[nodiscard]] int make_synced_folder(const std::string& path, const std::string& parent);
  [[nodiscard]] int write(const std::string& path, std::string_view bytes) const;
  [[nodiscard]] int link_or_copy(const std::string& from, const std::string& to) const;
  [[nodiscard]] static bool holds(const file& which, const std::string& bytes);

  const fs::path data_;
  const bool synced_;
  std::mutex folders_;
  std::atomic<std::uint64_t> writes_ = 0;
};

fsm::expected<void> disk_code_store::open() {
  int problem = make_synced_folder(folder(), data_.string());
  if (problem == 0) problem = make_synced_folder(incoming(), folder());
  if (problem != 0) return fsm::unexpected(trouble(problem, "cannot make", folder()));
  std::error_code ended;
  for (fs::directory_iterator at{incoming(), ended}, end; !ended && at != end;
       at.increment(ended)) {
    fs::remove(at->path(), ended);
  }
  if (!ended) return {};
  return fsm::unexpected(trouble(ended.value(), "cannot clear", incoming()));
}

// Nobody who finds the folder may go on before its entry is on the disk.
int disk_code_store::make_synced_folder(const std::string& path, const std::string& parent) {
  const std::lock_guard lock{folders_};
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return 0;
  const int problem = make_folder(path);
  return problem == 0 && synced_ ? sync_folder(parent) : problem;
}

int disk_code_store::write(const std::string& path, std::string_view bytes) const {
  auto made = make_file(path);
  if (!made.is_open()) return errno;
  int problem = made.write(bytes);
  if (problem == 0 && synced_) problem = made.sync();
  if (const int closing = made.close(); problem == 0) problem = closing;
  return problem;
}

// Not every file system has links.
int disk_code_store::link_or_copy(const std::string& from, const std::string& to) const {
  if (::link(from.c_str(), to.c_str()) == 0) return 0;
  if (errno != EPERM && errno != EXDEV && errno != EMLINK && errno != EOPNOTSUPP) return errno;
  const auto source = open_to_read(from);
  if (!source.is_open()) return errno;
  std::string bytes;
  const int problem = source.read(bytes, no_limit);
  return problem == 0 ? write(to, bytes) : problem;
}

bool disk_code_store::holds(const file& which, const std::string& bytes) {
  if (!which.is_open() || which.size() != bytes.size()) return false;
  std::string there;
  return which.read(there, bytes.size()) == 0 && there == bytes;
}

fsm::expected<void> disk_code_store::put(const digest& name, std::string bytes) {
  const auto path = path_of(name);
  const auto fresh = incoming() + "/" + std::to_string(writes_.fetch_add(1));
  int problem = 0;
  // What is there is compared: damaged bytes are replaced by good ones.
  if (const auto there = open_to_read(path); holds(there, bytes)) {
    if (synced_) problem = there.sync();
  } else {
    problem = make_synced_folder(folder_of(name), folder());
    if (problem == 0) problem = write(fresh, bytes);
    if (problem == 0 && std::rename(fresh.c_str(), path.c_str()) != 0) problem = errno;
  }
  if (problem == 0 && synced_) problem = sync_folder(folder_of(name));
  if (problem == 0) return {};
  ::unlink(fresh.c_str());
  return fsm::unexpected(trouble(problem, "cannot write", path));
}

fsm::expected<std::string> disk_code_store::get(const digest& name) const {
  const auto path = path_of(name);
  const auto found = open_to_read(path);
  if (!found.is_open() && errno == ENOENT) {
    return fsm::unexpected({.code = fsm::errc::not_found, .message = "there is no file " + path});
  }
  if (!found.is_open()) return fsm::unexpected(trouble(errno, "cannot open", path));
  std::string bytes;
  if (const int problem = found.read(bytes, no_limit); problem != 0) {
    return fsm::unexpected(trouble(problem, "cannot read", path));
  }
  if (wire::sha256(bytes) == name) return bytes;
  return fsm::unexpected({.code = fsm::errc::internal,
                          .message = "the file " + path +
                                     " is damaged: its content does not match "
                                     "its name; upload the package again"});
}

bool disk_code_store::contains(const digest& name) const {
  return open_to_read(path_of(name)).is_open();
}

fsm::expected<void> disk_code_store::remove(const digest& name) {
  const auto path = path_of(name);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fsm::unexpected(trouble(errno, "cannot remove", path));
}

fsm::expected<std::vector<digest>> disk_code_store::list() const {
  std::vector<digest> result;
  std::error_code ended;
  for (fs::recursive_directory_iterator at{folder(), ended}, end; !ended && at != end;
       at.increment(ended)) {
    auto name = parse_digest(at->path().filename().string());
    if (at.depth() == 1 && name && path_of(*name) == at->path()) result.push_back(*std::move(name));
  }
  if (ended) return fsm::unexpected(trouble(ended.value(), "cannot list", folder()));
  return result;
}

// Links are as good as copies, as no file is ever written to again.
fsm::expected<void> disk_code_store::copy_to(const std::string& checkpoint) const {
  const auto all = list();
  if (!all) return fsm::unexpected(all.error());
  const auto copy = data_ / "checkpoints" / checkpoint;
  disk_code_store into{copy, synced_};
  if (auto opened = into.open(); !opened) return opened;
  for (const auto& name : *all) {
    int problem = into.make_synced_folder(into.folder_of(name), into.folder());
    if (problem == 0) problem = into.link_or_copy(path_of(name), into.path_of(name));
    if (problem != 0) {
      return fsm::unexpected(trouble(problem, "cannot copy", into.path_of(name)));
    }
  }
  for (const auto& each : fs::directory_iterator{into.folder()}) {
    const int problem = synced_ ? sync_folder(each.path().string()) : 0;
    if (problem != 0) {
      return fsm::unexpected(trouble(problem, "cannot write", each.path().string()));
    }
  }
  return {};
}

}  // namespace

fsm::expected<std::unique_ptr<code_store>> open_code_store(const fs::path& data, bool synced) {
  std::error_code problem;
  // The process may change its working directory.
  const auto absolute = fs::absolute(data, problem);
  if (problem) return fsm::unexpected(trouble(problem.value(), "cannot find", data.string()));
  auto result = std::make_unique<disk_code_store>(absolute, synced);
  if (auto opened = result->open(); !opened) return fsm::unexpected(opened.error());
  return std::unique_ptr<code_store>{std::move(result)};
}

}  // namespace platform::code
