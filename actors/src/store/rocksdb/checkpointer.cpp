#include "checkpointer.hpp"

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
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{folder_of(db_), ignored}) {
    if (entry.path().extension() == unfinished) std::filesystem::remove_all(entry.path(), ignored);
  }
}

checkpointer::~checkpointer() {
  const std::lock_guard lock{mutex_};
  if (thread_.joinable()) thread_.join();
}

void checkpointer::make(const progress& at, std::function<void(expected<std::string>)> done) {
  if (busy_.exchange(true)) {
    return done(unexpected(
        {errc::too_many_requests, "a checkpoint is being made; try again when it is there"}));
  }
  const std::lock_guard lock{mutex_};
  if (thread_.joinable()) thread_.join();  // It is through but for its end.
  thread_ = std::thread{[this, name = free_name(at), done = std::move(done)] {
    expected<std::string> made = copy(name);
    busy_ = false;
    done(std::move(made));
  }};
}

std::string checkpointer::free_name(const progress& at) const {
  const std::string base = fmt::format("{}-{}", time_text(at.alive_at), at.last_sequence);
  std::string name = base;
  for (int i = 2; db_.db->GetEnv()->FileExists(folder_of(db_) + "/" + name).ok(); ++i)
    name = fmt::format("{}-{}", base, i);
  return name;
}

expected<std::string> checkpointer::copy(const std::string& name) {
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
  if (done.ok()) return name;
  error why = problem(db_.directory, "copied", done);
  why.code = errc::internal;  // Not the caller's fault.
  return unexpected(std::move(why));
}

}  // namespace fsm::rocks
