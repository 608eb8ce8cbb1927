#include "code/unzip.hpp"

#include "code/file.hpp"
#include "code/zip_archive.hpp"
#include "code/zip_check.hpp"

#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zip.h>

namespace platform::code {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
// As many as a package may have; each takes an inode.
constexpr zip_int64_t entries_max = 100'000;
constexpr std::size_t link_bytes_max = 4096;

fsm::error invalid(std::string what) {
  return {.code = fsm::errc::invalid_argument, .message = std::move(what)};
}

fsm::error trouble(int number, const std::string& path) {
  return {.code = fsm::errc::internal,
          .message = "cannot unpack " + path + ": " + std::generic_category().message(number)};
}

struct entry_closer {
  void operator()(zip_file_t* which) const noexcept { zip_fclose(which); }
};
using open_entry = std::unique_ptr<zip_file_t, entry_closer>;

// The mode that a Unix has written into the archive; 0 = it was written elsewhere.
mode_t mode_of(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  const bool known = zip_file_get_external_attributes(archive, index, 0, &system, &attributes) == 0;
  return known && system == ZIP_OPSYS_UNIX ? attributes >> 16U : 0;
}

// Unpacks one archive. Links are made last: so nothing is ever written through one.
class unpacking {
public:
  unpacking(zip_t* from, fs::path into) : archive_{from}, into_{std::move(into)} {}

  fsm::expected<void> run() {
    const auto count = zip_get_num_entries(archive_, 0);
    if (count > entries_max) return fsm::unexpected(invalid("there are too many files in it"));
    for (zip_int64_t i = 0; i < count; ++i) {
      if (auto done = unpack(static_cast<zip_uint64_t>(i)); !done) return done;
    }
    for (const auto& [path, target] : links_) {
      if (::symlink(target.c_str(), path.c_str()) != 0) return failed(path);
    }
    return close_folders();
  }

private:
  fsm::expected<void> failed(const fs::path& path) const {
    const int number = errno;
    const auto shown = path.lexically_relative(into_).string();
    if (number == EEXIST || number == ENOTDIR || number == ENAMETOOLONG || number == EISDIR)
      return fsm::unexpected(invalid("the name " + shown + " cannot be unpacked"));
    return fsm::unexpected(trouble(number, shown));
  }

  fsm::expected<void> unpack(zip_uint64_t index) {
    const auto* raw = zip_get_name(archive_, index, ZIP_FL_ENC_RAW);
    std::string name{raw ? raw : ""};
    if (leads_out(name)) return fsm::unexpected(invalid("a name leads out of the package"));
    const auto path = into_ / name;
    if (name.ends_with('/')) return make_folders(path.parent_path());
    if (auto made = make_folders(path.parent_path()); !made) return made;
    const open_entry entry{zip_fopen_index(archive_, index, 0)};
    if (!entry) return fsm::unexpected(invalid("a file in it is damaged"));
    const auto mode = mode_of(archive_, index);
    if (S_ISLNK(mode)) return keep_link(path, entry.get());
    return write_file(path, entry.get(), (mode & 0111U) != 0 ? 0555 : 0444);
  }

  fsm::expected<void> make_folders(const fs::path& path) const {
    std::error_code problem;
    fs::create_directories(path, problem);
    errno = problem.value();
    return problem ? failed(path) : fsm::expected<void>{};
  }

  fsm::expected<void> keep_link(const fs::path& path, zip_file_t* entry) {
    std::string target(link_bytes_max, '\0');
    const auto read = zip_fread(entry, target.data(), target.size());
    if (read <= 0 || static_cast<std::size_t>(read) == target.size())
      return fsm::unexpected(invalid("a link in it is damaged"));
    target.resize(static_cast<std::size_t>(read));
    links_.emplace_back(path, std::move(target));
    return {};
  }

  fsm::expected<void> write_file(const fs::path& path, zip_file_t* entry, mode_t mode) {
    const auto out = make_file(path.string());
    if (!out.is_open()) return failed(path);
    std::string piece(piece_bytes, '\0');
    while (true) {
      const auto read = zip_fread(entry, piece.data(), piece.size());
      if (read < 0) return fsm::unexpected(invalid("a file in it is damaged"));
      if (read == 0) break;
      const auto bytes = static_cast<std::uint64_t>(read);
      // Counted anew: what an archive says of itself need not be so.
      if (bytes > left_) return fsm::unexpected(invalid("unpacked it is too large"));
      left_ -= bytes;
      errno = out.write({piece.data(), bytes});
      if (errno != 0) return failed(path);
    }
    return ::fchmod(out.descriptor(), mode) == 0 ? fsm::expected<void>{} : failed(path);
  }

  fsm::expected<void> close_folders() const {
    std::error_code problem;
    std::vector<fs::path> folders{into_};
    for (fs::recursive_directory_iterator at{into_, problem}, end; !problem && at != end;
         at.increment(problem)) {
      if (at->symlink_status().type() == fs::file_type::directory) folders.push_back(at->path());
    }
    for (const auto& each : folders) {
      if (::chmod(each.c_str(), 0555) != 0) return failed(each);
    }
    errno = problem.value();
    return problem ? failed(into_) : fsm::expected<void>{};
  }

  zip_t* archive_;
  fs::path into_;
  std::uint64_t left_ = unzipped_bytes_max;
  std::vector<std::pair<fs::path, std::string>> links_;
};

}  // namespace

fsm::expected<void> unzip(std::string_view bytes, const fs::path& into) {
  const auto archive = open_zip(bytes);
  if (!archive) return fsm::unexpected(invalid("it is no zip archive"));
  return unpacking{archive.get(), into}.run();
}

void remove_tree(const fs::path& which) {
  std::error_code ignored;
  fs::permissions(which, fs::perms::owner_all, ignored);
  for (fs::recursive_directory_iterator at{which, ignored}, end; !ignored && at != end;
       at.increment(ignored)) {
    // Before the iterator looks into it.
    if (at->symlink_status(ignored).type() == fs::file_type::directory)
      ::chmod(at->path().c_str(), 0700);
  }
  fs::remove_all(which, ignored);
}

}  // namespace platform::code
