#include "checkpointer.hpp"

#include "event_log_files.hpp"
#include "problems.hpp"

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/utilities/checkpoint.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fsm::rocks {

namespace {

constexpr std::string_view unfinished = ".tmp";  // RocksDB's own ending, too.

std::string folder_of(const database& in) { return in.directory + "/checkpoints"; }

std::string time_text(timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

checkpointer::checkpointer(database& in) : db_{in} {
  std::error_code ended;
  for (std::filesystem::directory_iterator at{folder_of(db_), ended}, end; !ended && at != end;
       at.increment(ended)) {
    std::error_code ignored;
    if (at->path().extension() == unfinished) std::filesystem::remove_all(at->path(), ignored);
  }
  thread_ = std::thread{[this] { run(); }};
}

checkpointer::~checkpointer() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void checkpointer::make(const progress& at, made done) {
  {
    const std::lock_guard lock{mutex_};
    if (!waiting_ && !copying_) {
      waiting_ = order{at, std::move(done)};
      changed_.notify_one();
      return;
    }
  }
  done(unexpected(
      {errc::too_many_requests, "a checkpoint is being made; try again when it is there"}));
}

void checkpointer::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return waiting_ || ending_; });
    if (!waiting_) return;
    order next = *std::exchange(waiting_, std::nullopt);
    copying_ = true;
    lock.unlock();
    expected<std::string> result = copy(next.at);
    lock.lock();
    copying_ = false;
    lock.unlock();
    next.done(std::move(result));
    next = {};
    lock.lock();
  }
}

std::string checkpointer::free_name(const progress& at) const {
  const std::string base = fmt::format("{}-{}", time_text(at.alive_at), at.last_sequence);
  std::string name = base;
  for (int i = 2; db_.db->GetEnv()->FileExists(folder_of(db_) + "/" + name).ok(); ++i)
    name = fmt::format("{}-{}", base, i);
  return name;
}

expected<std::string> checkpointer::copy(const progress& at) {
  const std::string name = free_name(at);
  rocksdb::Env& env = *db_.db->GetEnv();
  rocksdb::Status done = env.CreateDirIfMissing(folder_of(db_));
  std::unique_ptr<rocksdb::Directory> directory;
  if (done.ok()) done = env.NewDirectory(db_.directory, &directory);
  if (done.ok()) done = directory->Fsync();
  rocksdb::Checkpoint* maker = nullptr;
  if (done.ok()) done = rocksdb::Checkpoint::Create(db_.db.get(), &maker);
  const std::unique_ptr<rocksdb::Checkpoint> owned{maker};
  if (done.ok()) done = owned->CreateCheckpoint(folder_of(db_) + "/" + name);
  if (done.ok()) done = env.NewDirectory(folder_of(db_), &directory);
  if (done.ok()) done = directory->Fsync();
  if (done.ok()) {
    // What fails here has ended all writing, and is told there.
    static_cast<void>(merge_small_files(db_));
    return name;
  }
  error why = problem(db_.directory, "copied", done);
  why.code = errc::internal;  // Not the caller's fault.
  return unexpected(std::move(why));
}

}  // namespace fsm::rocks
