#include "faulty_file_system.hpp"

#include "faulty_files.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>
#include <utility>

namespace fsm::testing {

namespace fs = std::filesystem;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

constexpr std::array call_names{
    std::string_view{"open"},  std::string_view{"create"}, std::string_view{"read"},
    std::string_view{"write"}, std::string_view{"sync"},   std::string_view{"sync_directory"},
    std::string_view{"enter"}, std::string_view{"remove"}, std::string_view{"close"},
    std::string_view{"look"},  std::string_view{"any"}};

bool changes_something(file_call what) {
  switch (what) {
    case file_call::create:
    case file_call::write:
    case file_call::sync:
    case file_call::sync_directory:
    case file_call::enter:
    case file_call::remove: return true;
    default: return false;
  }
}

// Errors as RocksDB's own file system words and classes them.
IOStatus failure(const recorded_call& call) {
  return IOStatus::IOError("While calling " + std::string{to_string(call.what)} + ": " + call.file,
                           "Input/output error");
}
IOStatus no_space(const recorded_call& call) {
  IOStatus status =
      IOStatus::NoSpace("While calling " + std::string{to_string(call.what)} + ": " + call.file,
                        "No space left on device");
  status.SetRetryable(true);
  return status;
}

}  // namespace

std::string_view to_string(file_call what) noexcept {
  return call_names[static_cast<std::size_t>(what)];
}

faulty_file_system::faulty_file_system(fs::path root)
    : FileSystemWrapper{rocksdb::FileSystem::Default()},
      model_{std::make_unique<disk_model>(std::move(root))} {}

// -- faults
// -----------------------------------------------------------------------------------------

void faulty_file_system::plan(planned_fault fault) {
  const std::lock_guard lock{mutex_};
  faults_.push_back({.fault = std::move(fault)});
}

void faulty_file_system::forgive() {
  let_go();
  const std::lock_guard lock{mutex_};
  faults_.clear();
  space_.reset();
}

void faulty_file_system::cut_power() {
  const std::lock_guard lock{mutex_};
  power_cut_ = true;
}

bool faulty_file_system::power_is_cut() const {
  const std::lock_guard lock{mutex_};
  return power_cut_;
}

void faulty_file_system::leave_space(std::uint64_t bytes) {
  const std::lock_guard lock{mutex_};
  space_ = bytes;
}

bool faulty_file_system::await_held() {
  std::unique_lock lock{mutex_};
  return gate_.wait_for(lock, std::chrono::seconds{30}, [this] { return held_ > 0; });
}

void faulty_file_system::let_go() {
  const std::lock_guard lock{mutex_};
  std::erase_if(faults_, [](const waiting_fault& f) { return f.fault.what == file_fault::hold; });
  ++gate_openings_;
  gate_.notify_all();
}

bool faulty_file_system::wait_at_gate() {
  std::unique_lock lock{mutex_};
  ++held_;
  gate_.notify_all();
  const bool opened =
      gate_.wait_for(lock, std::chrono::minutes{1},
                     [this, before = gate_openings_] { return gate_openings_ != before; });
  --held_;
  return opened;
}

std::optional<file_fault> faulty_file_system::next_fault(file_call what, const std::string& file) {
  std::optional<file_fault> found;
  for (auto f = faults_.begin(); f != faults_.end();) {
    const planned_fault& plan = f->fault;
    const bool matches = (plan.at == what || plan.at == file_call::any) &&
                         file.find(plan.files) != std::string::npos;
    const bool due = matches && ++f->seen >= plan.nth && !found;
    if (due) found = plan.what;
    f = due && !plan.lasting ? faults_.erase(f) : std::next(f);
  }
  return found;
}

IOStatus faulty_file_system::perform(file_call what, const std::string& path, std::uint64_t bytes,
                                     const act_function& act) {
  if (!model_->covers(path)) return act(bytes);
  recorded_call call{.what = what, .file = model_->name_of(path), .bytes = bytes};
  std::optional<file_fault> fault;
  {
    const std::lock_guard lock{mutex_};
    if (!power_cut_) fault = next_fault(what, call.file);
  }
  if (fault == file_fault::hold && !wait_at_gate()) fault = file_fault::error;
  const bool watched = witness_ && changes_something(what);
  if (watched) witness_(call, false);
  const IOStatus status = act_now(call, fault, act);
  if (watched) witness_(call, true);
  const std::lock_guard lock{mutex_};
  call.failed = !status.ok();
  calls_.push_back(std::move(call));
  return status;
}

IOStatus faulty_file_system::act_now(const recorded_call& call, std::optional<file_fault> fault,
                                     const act_function& act) {
  const std::lock_guard lock{mutex_};
  if (fault == file_fault::power_cut_before) power_cut_ = true;
  if (power_cut_ || fault == file_fault::error) return failure(call);
  if (fault == file_fault::no_space) return no_space(call);
  if (fault == file_fault::half) {
    if (call.what == file_call::write) static_cast<void>(act(call.bytes / 2));
    return failure(call);
  }
  std::uint64_t allowed = call.bytes;
  if (space_ && call.what == file_call::write) {
    allowed = std::min(allowed, *space_);
    *space_ -= allowed;
  }
  const IOStatus status = act(allowed);
  if (fault == file_fault::power_cut_after) {
    power_cut_ = true;
    return failure(call);
  }
  return allowed < call.bytes ? no_space(call) : status;
}

// -- what is on the disk
// ----------------------------------------------------------------------------

void faulty_file_system::restore_power(unsynced what, std::uint64_t seed) {
  const std::lock_guard lock{mutex_};
  const fs::path root = model_->root();
  fs::path after = root;
  after += ".after";
  model_->copy(after, what, seed);
  fs::remove_all(root);
  fs::rename(after, root);
  model_.reset();  // It removes what the next one needs.
  model_ = std::make_unique<disk_model>(root);
  faults_.clear();
  space_.reset();
  power_cut_ = false;
}

void faulty_file_system::copy_disk(const fs::path& to, unsynced what, std::uint64_t seed) const {
  const std::lock_guard lock{mutex_};
  model_->copy(to, what, seed);
}

// -- what happened
// ----------------------------------------------------------------------------------

std::vector<recorded_call> faulty_file_system::calls() const {
  const std::lock_guard lock{mutex_};
  return calls_;
}

std::uint64_t faulty_file_system::count(file_call what, std::string_view files) const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::uint64_t>(
      std::count_if(calls_.begin(), calls_.end(), [&](const recorded_call& c) {
        return (what == file_call::any || c.what == what) &&
               c.file.find(files) != std::string::npos;
      }));
}

std::string faulty_file_system::last_calls(std::size_t count_max) const {
  std::vector<recorded_call> some = calls();
  std::erase_if(some, [](const recorded_call& c) { return !changes_something(c.what); });
  std::ostringstream text;
  for (std::size_t i = some.size() - std::min(count_max, some.size()); i < some.size(); ++i) {
    text << to_string(some[i].what) << ' ' << some[i].file;
    if (some[i].bytes != 0) text << ' ' << some[i].bytes << " bytes";
    text << (some[i].failed ? ", failed\n" : "\n");
  }
  return text.str();
}

// -- files
// ------------------------------------------------------------------------------------------

IOStatus faulty_file_system::NewSequentialFile(const std::string& path, const FileOptions& options,
                                               std::unique_ptr<rocksdb::FSSequentialFile>* into,
                                               IODebugContext* debug) {
  return perform(file_call::open, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->NewSequentialFile(path, options, into, debug);
    if (status.ok()) *into = wrap(*this, path, std::move(*into));
    return status;
  });
}

IOStatus faulty_file_system::NewRandomAccessFile(const std::string& path,
                                                 const FileOptions& options,
                                                 std::unique_ptr<rocksdb::FSRandomAccessFile>* into,
                                                 IODebugContext* debug) {
  return perform(file_call::open, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->NewRandomAccessFile(path, options, into, debug);
    if (status.ok()) *into = wrap(*this, path, std::move(*into));
    return status;
  });
}

IOStatus faulty_file_system::NewWritableFile(const std::string& path, const FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* into,
                                             IODebugContext* debug) {
  return perform(file_call::create, path, 0, [&](std::uint64_t) {
    // Not emptied but replaced: the disk may still have the old bytes.
    if (model_->covers(path)) fs::remove(path);
    const IOStatus status = target()->NewWritableFile(path, options, into, debug);
    return status.ok() ? opened_for_writing(path, false, into) : status;
  });
}

IOStatus faulty_file_system::ReopenWritableFile(const std::string& path, const FileOptions& options,
                                                std::unique_ptr<rocksdb::FSWritableFile>* into,
                                                IODebugContext* debug) {
  return perform(file_call::create, path, 0, [&](std::uint64_t) {
    const bool there = fs::exists(path);
    const IOStatus status = target()->ReopenWritableFile(path, options, into, debug);
    return status.ok() ? opened_for_writing(path, there, into) : status;
  });
}

IOStatus faulty_file_system::opened_for_writing(const std::string& path, bool keep,
                                                std::unique_ptr<rocksdb::FSWritableFile>* into) {
  if (!model_->covers(path)) return IOStatus::OK();
  auto node = keep ? model_->existing_file(path) : model_->created_file(path);
  *into = wrap(*this, path, std::move(*into), std::move(node));
  return IOStatus::OK();
}

IOStatus faulty_file_system::ReuseWritableFile(const std::string& path, const std::string&,
                                               const FileOptions&,
                                               std::unique_ptr<rocksdb::FSWritableFile>*,
                                               IODebugContext*) {
  return IOStatus::NotSupported("Files cannot be used again under this file system", path);
}

IOStatus faulty_file_system::NewRandomRWFile(const std::string& path, const FileOptions&,
                                             std::unique_ptr<rocksdb::FSRandomRWFile>*,
                                             IODebugContext*) {
  return IOStatus::NotSupported("Files cannot be changed in place under this file system", path);
}

IOStatus faulty_file_system::NewMemoryMappedFileBuffer(
    const std::string& path, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) {
  return IOStatus::NotSupported("Files cannot be mapped under this file system", path);
}

IOStatus faulty_file_system::Truncate(const std::string& path, std::size_t size,
                                      const IOOptions& options, IODebugContext* debug) {
  return perform(file_call::write, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->Truncate(path, size, options, debug);
    if (status.ok() && model_->covers(path)) {
      disk_model::truncated(*model_->existing_file(path), size);
    }
    return status;
  });
}

// -- directories
// ------------------------------------------------------------------------------------

IOStatus faulty_file_system::NewDirectory(const std::string& path, const IOOptions& options,
                                          std::unique_ptr<rocksdb::FSDirectory>* into,
                                          IODebugContext* debug) {
  return perform(file_call::open, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->NewDirectory(path, options, into, debug);
    if (status.ok()) *into = wrap(*this, path, std::move(*into));
    return status;
  });
}

IOStatus faulty_file_system::CreateDir(const std::string& path, const IOOptions& options,
                                       IODebugContext* debug) {
  return perform(file_call::enter, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->CreateDir(path, options, debug);
    if (status.ok() && model_->covers(path)) model_->created_directory(path);
    return status;
  });
}

IOStatus faulty_file_system::CreateDirIfMissing(const std::string& path, const IOOptions& options,
                                                IODebugContext* debug) {
  std::error_code unknown;
  if (fs::is_directory(path, unknown)) return look(path, [] { return IOStatus::OK(); });
  return CreateDir(path, options, debug);
}

IOStatus faulty_file_system::DeleteDir(const std::string& path, const IOOptions& options,
                                       IODebugContext* debug) {
  return perform(file_call::remove, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->DeleteDir(path, options, debug);
    if (status.ok() && model_->covers(path)) model_->removed(path);
    return status;
  });
}

IOStatus faulty_file_system::DeleteFile(const std::string& path, const IOOptions& options,
                                        IODebugContext* debug) {
  return perform(file_call::remove, path, 0, [&](std::uint64_t) {
    const IOStatus status = target()->DeleteFile(path, options, debug);
    if (status.ok() && model_->covers(path)) model_->removed(path);
    return status;
  });
}

IOStatus faulty_file_system::RenameFile(const std::string& from, const std::string& to,
                                        const IOOptions& options, IODebugContext* debug) {
  return perform(file_call::enter, to, 0, [&](std::uint64_t) {
    const IOStatus status = target()->RenameFile(from, to, options, debug);
    if (status.ok() && model_->covers(to)) model_->renamed(from, to);
    return status;
  });
}

IOStatus faulty_file_system::LinkFile(const std::string& from, const std::string& to,
                                      const IOOptions& options, IODebugContext* debug) {
  return perform(file_call::enter, to, 0, [&](std::uint64_t) {
    const IOStatus status = target()->LinkFile(from, to, options, debug);
    if (status.ok() && model_->covers(to)) model_->linked(from, to);
    return status;
  });
}

// -- questions
// --------------------------------------------------------------------------------------

IOStatus faulty_file_system::look(const std::string& path, const std::function<IOStatus()>& ask) {
  return perform(file_call::look, path, 0, [&](std::uint64_t) { return ask(); });
}

IOStatus faulty_file_system::FileExists(const std::string& path, const IOOptions& options,
                                        IODebugContext* debug) {
  return look(path, [&] { return target()->FileExists(path, options, debug); });
}

IOStatus faulty_file_system::GetChildren(const std::string& path, const IOOptions& options,
                                         std::vector<std::string>* into, IODebugContext* debug) {
  return look(path, [&] { return target()->GetChildren(path, options, into, debug); });
}

IOStatus faulty_file_system::GetChildrenFileAttributes(
    const std::string& path, const IOOptions& options,
    std::vector<rocksdb::Env::FileAttributes>* into, IODebugContext* debug) {
  return look(path,
              [&] { return target()->GetChildrenFileAttributes(path, options, into, debug); });
}

IOStatus faulty_file_system::GetFileSize(const std::string& path, const IOOptions& options,
                                         std::uint64_t* into, IODebugContext* debug) {
  return look(path, [&] { return target()->GetFileSize(path, options, into, debug); });
}

IOStatus faulty_file_system::GetFileModificationTime(const std::string& path,
                                                     const IOOptions& options, std::uint64_t* into,
                                                     IODebugContext* debug) {
  return look(path, [&] { return target()->GetFileModificationTime(path, options, into, debug); });
}

IOStatus faulty_file_system::NumFileLinks(const std::string& path, const IOOptions& options,
                                          std::uint64_t* into, IODebugContext* debug) {
  return look(path, [&] {
    const IOStatus status = target()->NumFileLinks(path, options, into, debug);
    if (status.ok() && model_->covers(path) && *into > 1) --*into;  // One is the model's.
    return status;
  });
}

IOStatus faulty_file_system::LockFile(const std::string& path, const IOOptions& options,
                                      rocksdb::FileLock** lock, IODebugContext* debug) {
  return perform(file_call::open, path, 0,
                 [&](std::uint64_t) { return target()->LockFile(path, options, lock, debug); });
}

IOStatus faulty_file_system::NewLogger(const std::string& path, const IOOptions& options,
                                       std::shared_ptr<rocksdb::Logger>* into,
                                       IODebugContext* debug) {
  return look(path, [&] { return target()->NewLogger(path, options, into, debug); });
}

IOStatus faulty_file_system::GetFreeSpace(const std::string& path, const IOOptions& options,
                                          std::uint64_t* into, IODebugContext* debug) {
  return look(path, [&] {
    const IOStatus status = target()->GetFreeSpace(path, options, into, debug);
    if (status.ok() && space_) *into = *space_;
    return status;
  });
}

IOStatus faulty_file_system::IsDirectory(const std::string& path, const IOOptions& options,
                                         bool* into, IODebugContext* debug) {
  return look(path, [&] { return target()->IsDirectory(path, options, into, debug); });
}

std::shared_ptr<rocksdb::Env> make_env(std::shared_ptr<faulty_file_system> on) {
  return rocksdb::NewCompositeEnv(std::move(on));
}

}  // namespace fsm::testing
