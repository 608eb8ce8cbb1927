#include "committer.hpp"

#include "problems.hpp"
#include "records.hpp"

#include <fmt/format.h>
#include <rocksdb/perf_level.h>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace fsm::rocks {

namespace {

constexpr std::string_view restart = "nothing more is written; a restart shows what the disk holds";

}  // namespace

committer::committer(database& in, durability mode, history_ring ring, const meta& found,
                     acknowledged_mark mark)
    : db_{in},
      synced_{mode == durability::synced},
      ring_{ring},
      mark_{std::move(mark)},
      identity_{identity()},
      events_{in},
      epoch_{found.epoch},
      at_{found.at},
      thread_{[this] { run(); }} {}

committer::~committer() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void committer::commit(const commit_batch& batch, store::committed done) {
  {
    const std::lock_guard lock{mutex_};
    waiting_ = work{batch, std::move(done)};
  }
  changed_.notify_one();
}

expected<std::uint64_t> committer::raise_epoch() {
  const std::lock_guard lock{writing_};
  if (broken_) return unexpected(*broken_);
  rocksdb::WriteBatch batch;
  put_epoch(batch, db_, epoch_ + 1);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (const rocksdb::Status written = db_.db->Write(synced, &batch); !written.ok())
    return unexpected(fail(problem(db_.directory, "written", written)));
  return ++epoch_;
}

progress committer::at() const {
  const std::lock_guard lock{writing_};
  return at_;
}

void committer::run() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // Nobody reads what it would count.
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return waiting_ || ending_; });
    if (!waiting_) return;
    work next = *std::exchange(waiting_, std::nullopt);
    lock.unlock();
    expected<void> result = write(next.batch);
    next.done(std::move(result));
    next = {};  // What it holds may end with it.
    lock.lock();
  }
}

progress committer::after(const commit_batch& batch) const {
  progress result = at_;
  for (const change* c : batch.changes) {
    result.last_sequence = c->transition.sequence;
    result.last_uid = std::max(result.last_uid, c->transition.uid);
  }
  result.alive_at = std::max(result.alive_at, batch.at);
  return result;
}

expected<void> committer::write(const commit_batch& batch) {
  const std::lock_guard lock{writing_};
  if (batch.epoch != epoch_) {
    return unexpected(
        {errc::internal, fmt::format("epoch {} is fenced off: the store in {} was opened again as "
                                     "{}",
                                     batch.epoch, db_.directory, epoch_)});
  }
  if (broken_) return unexpected(*broken_);
  const progress next = after(batch);
  write_.Clear();
  for (const change* c : batch.changes) put(write_, db_, *c, ring_, events_);
  events_.end(write_);
  for (const note& n : batch.notes) put(write_, db_, n);
  put_progress(write_, db_, next);

  rocksdb::WriteOptions how;
  how.sync = synced_ && !batch.changes.empty();
  const rocksdb::Status written = db_.db->Write(how, &write_);
  expected<void> result;
  if (!written.ok()) {
    result = unexpected(problem(db_.directory, "written", written));
  } else {
    result = check_directory();
  }
  if (!result) return unexpected(fail(result.error()));
  at_ = next;
  if (!batch.changes.empty()) mark_.move_to(at_.last_sequence, synced_);
  return {};
}

error committer::fail(const error& why) {
  broken_ = error{errc::outcome_unknown, fmt::format("{}; {}", why.message, restart)};
  return *broken_;
}

committer::file_identity committer::identity() const {
  struct stat found {};
  if (::stat(db_.directory.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

expected<void> committer::check_directory() const {
  struct stat found {};
  const std::string current = db_.directory + "/CURRENT";
  if (identity() == identity_ && ::stat(current.c_str(), &found) == 0) return {};
  return unexpected({errc::internal,
                     fmt::format("the store in {} cannot be written: the directory was removed or "
                                 "replaced while it was open (put it back, or restore a checkpoint "
                                 "or a backup)",
                                 db_.directory)});
}

}  // namespace fsm::rocks
