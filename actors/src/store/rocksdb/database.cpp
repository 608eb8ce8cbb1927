#include "database.hpp"

#include "log_file.hpp"
#include "manifest_mark.hpp"
#include "meta.hpp"
#include "problems.hpp"
#include "tuning.hpp"

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstdarg>
#include <functional>
#include <optional>

namespace fsm::rocks {

namespace {

constexpr std::array<std::string_view, family_count> family_names{
    "default",   "functions", "last_used", "history",       "events",
    "documents", "texts",     "names",     "owed_releases", "metadata"};

/// The schema version that brought a family.
constexpr std::uint32_t since(std::size_t which) {
  return which == static_cast<std::size_t>(family::metadata) ? 2 : 1;
}

/// Writes no file.
class silent_logger final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*values*/) override {}
};

/// Whether a record of the family can be of this size.
bool has_form(family which, std::size_t key, std::size_t value) {
  switch (which) {
    case family::functions:
    case family::events:
    case family::metadata: return key == 8;
    case family::last_used: return key == 8 && value == 8;
    case family::history:
    case family::texts: return key == 9;
    case family::documents:
    case family::owed_releases: return key == 12;
    case family::names: return value == 8;
    case family::meta: break;
  }
  return true;
}

/// What a directory looks like before it is opened.
enum class content : std::uint8_t { nothing, a_store, something_else, a_store_without_current };

/// What RocksDB leaves when it is stopped before a new database is there.
bool is_left_by_a_start(const std::string& file) {
  return file == "LOCK" || file == "IDENTITY" || file == "MANIFEST-000001" ||
         file.starts_with("LOG") || file.ends_with(".dbtmp");
}

bool is_of_a_store(const std::string& file) {
  return file.ends_with(".sst") || file.ends_with(".log") || file.starts_with("MANIFEST-") ||
         file.starts_with("OPTIONS-") || file == "ACKNOWLEDGED";
}

content look_into(const std::vector<std::string>& files) {
  if (std::ranges::find(files, "CURRENT") != files.end()) return content::a_store;
  content found = content::nothing;
  for (const std::string& file : files) {
    if (file == "." || file == ".." || file == "lost+found" || is_left_by_a_start(file)) continue;
    if (is_of_a_store(file)) return content::a_store_without_current;
    found = content::something_else;
  }
  return found;
}

std::string parent_of(const std::filesystem::path& directory) {
  const std::filesystem::path parent = directory.parent_path();
  return parent.empty() ? "." : parent.string();
}

/// A new directory has to last, too.
rocksdb::Status sync_directory(rocksdb::Env& env, const std::string& directory) {
  std::unique_ptr<rocksdb::Directory> opened;
  rocksdb::Status done = env.NewDirectory(directory, &opened);
  if (done.ok()) done = opened->Fsync();
  return done;
}

expected<void> make_directory(rocksdb::Env& env, const std::filesystem::path& directory) {
  rocksdb::Status made = env.CreateDir(directory.string());
  if (made.ok()) made = sync_directory(env, parent_of(directory));
  if (made.ok()) return {};
  error why = problem(directory.string(), "made", made);
  why.code = errc::invalid_argument;
  if (!env.FileExists(parent_of(directory)).ok()) {
    why.message = fmt::format(
        "the directory {} cannot be made: there is no directory {}; make it "
        "first or choose another one",
        directory.string(), parent_of(directory));
  }
  return unexpected(std::move(why));
}

/// Makes sure that there is a directory with a store in it, or one that may become a store.
/// Returns whether it is the latter.
expected<bool> prepare_directory(rocksdb::Env& env, const std::filesystem::path& directory) {
  if (directory.empty()) {
    return unexpected({errc::invalid_argument, "directory: '': the store needs a directory"});
  }
  const std::string path = directory.string();
  bool is_directory = false;
  const rocksdb::Status there = env.FileExists(path);
  if (there.IsNotFound()) {
    if (auto made = make_directory(env, directory); !made) return unexpected(made.error());
    return true;
  }
  if (env.IsDirectory(path, &is_directory).ok() && !is_directory) {
    return unexpected(
        {errc::invalid_argument, fmt::format("{} is not a directory; choose a directory", path)});
  }
  std::vector<std::string> files;
  const rocksdb::Status listed = env.GetChildren(path, &files);
  if (listed.IsNotFound()) {  // It is there: RocksDB says so when it may not be read, too.
    return unexpected(problem(
        path, "opened", rocksdb::Status::IOError("While listing " + path, "Permission denied")));
  }
  if (!listed.ok()) return unexpected(problem(path, "opened", listed));
  switch (look_into(files)) {
    case content::nothing: return true;
    case content::a_store: return false;
    case content::a_store_without_current:
      return unexpected(damaged(path, "its file CURRENT is missing"));
    case content::something_else: break;
  }
  return unexpected({errc::invalid_argument,
                     fmt::format("the directory {} holds other files and no store; choose an empty "
                                 "directory or one that is a store",
                                 path)});
}

/// Our families, and those of a newer version that are there.
struct families {
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  std::array<bool, family_count> there{};
};

rocksdb::Status find_families(families& found, const rocksdb::DBOptions& options,
                              const std::string& path, std::uint64_t event_log_bytes, bool is_new) {
  for (std::size_t i = 0; i < family_count; ++i) {
    found.all.emplace_back(std::string{family_names[i]},
                           family_options(static_cast<family>(i), event_log_bytes));
  }
  if (is_new) return rocksdb::Status::OK();
  std::vector<std::string> names;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(options, path, &names);
  for (const std::string& name : names) {
    const auto known = std::ranges::find(family_names, name);
    if (known == family_names.end()) {
      found.all.emplace_back(name, unknown_family_options());
    } else {
      found.there[static_cast<std::size_t>(known - family_names.begin())] = true;
    }
  }
  return listed;
}

/// Whether all families are there that a store of that schema version has.
bool has_all_of(const families& found, std::uint32_t schema_version) {
  for (std::size_t i = 0; i < family_count; ++i) {
    if (!found.there[i] && since(i) <= schema_version) return false;
  }
  return true;
}

void take_handles(database& opened, const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  for (std::size_t i = 0; i < handles.size(); ++i) {
    if (i < family_count) {
      opened.handles[i] = handles[i];
    } else {
      opened.unknown.push_back(handles[i]);
    }
  }
}

/// A start that was interrupted leaves families out, and nothing in the others; an older store has
/// fewer. Anything else is a database of somebody else's, or one that has lost families.
expected<void> check_incomplete(const families& found, rocksdb::DBOptions options,
                                const std::string& path) {
  if (std::ranges::all_of(found.there, std::identity{})) return {};
  options.info_log = std::make_shared<silent_logger>();
  options.listeners.clear();
  const std::vector<rocksdb::ColumnFamilyDescriptor> only_meta{found.all.front()};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(options, path, only_meta, &handles, &db);
  if (!opened.ok()) return unexpected(problem(path, "opened", opened));
  database about;
  about.db.reset(db);
  about.directory = path;
  take_handles(about, handles);
  const bool is_empty = db->GetLatestSequenceNumber() == 0;
  if (is_empty && found.all.size() == family_count) return {};
  const auto older = read_meta(about);
  if (older && *older && has_all_of(found, (*older)->schema_version)) return {};
  return unexpected(
      {errc::invalid_argument,
       fmt::format("the directory {} holds a RocksDB database that is no store of libfsm's; choose "
                   "another directory",
                   path)});
}

}  // namespace

std::string_view name_of(family which) noexcept {
  return family_names[static_cast<std::size_t>(which)];
}

database::~database() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
  }
  for (rocksdb::ColumnFamilyHandle* handle : unknown) db->DestroyColumnFamilyHandle(handle);
}

std::unique_ptr<rocksdb::Iterator> database::scan(family which) const {
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  how.total_order_seek = true;
  how.readahead_size = std::size_t{2} << 20U;
  return std::unique_ptr<rocksdb::Iterator>{db->NewIterator(how, (*this)[which])};
}

expected<void> database::check_form(family which, const rocksdb::Iterator& at) const {
  if (has_form(which, at.key().size(), at.value().size())) return {};
  return unexpected(
      damaged(directory, fmt::format("a record of '{}' has a key of {} bytes and a "
                                     "value of {}, which none of its kind has",
                                     name_of(which), at.key().size(), at.value().size())));
}

expected<database> open_database(const rocksdb_options& how, rocksdb::Env* env,
                                 const std::shared_ptr<rocksdb::EventListener>& listener,
                                 log_reading log, bool* is_damaged) {
  rocksdb::DBOptions options = database_options(log);
  if (env != nullptr) options.env = env;
  if (listener != nullptr) options.listeners.push_back(listener);
  const auto is_new = prepare_directory(*options.env, how.directory);
  if (!is_new) return unexpected(is_new.error());
  options.info_log = std::make_shared<log_file>(how.directory.string());
  options.create_if_missing = *is_new;
  options.create_missing_column_families = true;

  database opened;
  opened.directory = how.directory.string();
  families found;
  if (auto whole = manifest_mark::check(opened.directory); !whole) return unexpected(whole.error());
  const rocksdb::Status listed =
      find_families(found, options, opened.directory, how.event_log_bytes, *is_new);
  if (!listed.ok()) return unexpected(problem(opened.directory, "opened", listed));
  if (!*is_new) {
    if (auto ours = check_incomplete(found, options, opened.directory); !ours)
      return unexpected(ours.error());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status done =
      rocksdb::DB::Open(options, opened.directory, found.all, &handles, &db);
  if (is_damaged != nullptr) *is_damaged = done.IsCorruption();
  if (!done.ok()) return unexpected(problem(opened.directory, "opened", done));
  opened.db.reset(db);
  take_handles(opened, handles);
  return opened;
}

expected<database> open_to_read(const std::filesystem::path& directory, rocksdb::Env* env,
                                log_reading log) {
  rocksdb::DBOptions options = database_options(log);
  if (env != nullptr) options.env = env;
  options.max_open_files = -1;  // All from the start: who writes may remove one at any time.
  options.info_log = std::make_shared<silent_logger>();
  database opened;
  opened.directory = directory.string();
  if (!options.env->FileExists((directory / "CURRENT").string()).ok()) {
    return unexpected(
        {errc::invalid_argument,
         fmt::format("there is no store in {}: it has no file CURRENT", opened.directory)});
  }
  if (auto whole = manifest_mark::check(opened.directory); !whole) return unexpected(whole.error());
  families found;
  rocksdb::Status done = find_families(found, options, opened.directory, 0, false);
  if (!done.ok()) return unexpected(problem(opened.directory, "read", done));
  // Only our own, if they are there.
  std::erase_if(found.all, [&found](const rocksdb::ColumnFamilyDescriptor& d) {
    const auto known = std::ranges::find(family_names, d.name);
    return known == family_names.end() ||
           !found.there[static_cast<std::size_t>(known - family_names.begin())];
  });
  if (!has_all_of(found, 1))
    return unexpected(
        damaged(opened.directory, "a column family is missing, unless it is just being made"));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  done = rocksdb::DB::OpenForReadOnly(options, opened.directory, found.all, &handles, &db);
  if (!done.ok()) return unexpected(problem(opened.directory, "read", done));
  opened.db.reset(db);
  for (std::size_t i = 0, next = 0; i < family_count; ++i) {
    if (found.there[i]) opened.handles[i] = handles[next++];
  }
  return opened;
}

}  // namespace fsm::rocks
