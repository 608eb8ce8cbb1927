#include "invoke/event_store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace platform::invoke {

namespace {

constexpr std::string_view folder = "events";
// What one write may carry: those that wait for it wait for all of it.
constexpr std::size_t write_bytes_max = std::size_t{8} << 20U;
// Longer payloads are written once, outside of the files that are sorted again and again.
constexpr std::uint64_t blob_bytes_min = 4096;

// A letter for what it is, and the id, so that the events come first and in their order.
constexpr char event_letter = 'e';
constexpr char payload_letter = 'p';
constexpr std::size_t key_bytes = 1 + sizeof(std::uint64_t);

std::string key_of(char letter, std::uint64_t id) {
  std::string result(1, letter);
  for (int shift = 56; shift >= 0; shift -= 8)
    result.push_back(static_cast<char>((id >> static_cast<unsigned>(shift)) & 0xffU));
  return result;
}

std::uint64_t id_of(const rocksdb::Slice& key) {
  std::uint64_t result = 0;
  for (std::size_t i = 1; i < key_bytes; ++i)
    result = result << 8U | static_cast<unsigned char>(key[i]);
  return result;
}

fsm::error problem(const std::string& directory, std::string_view doing,
                   const rocksdb::Status& why) {
  return {.code = fsm::errc::internal,
          .message = "the events in " + directory + " cannot be " + std::string{doing} + ": " +
                     why.ToString() + " (check the disk, then start again)"};
}

rocksdb::Options database_options() {
  rocksdb::Options result;
  result.create_if_missing = true;
  result.write_buffer_size = std::size_t{16} << 20U;
  result.enable_blob_files = true;
  result.min_blob_size = blob_bytes_min;
  result.enable_blob_garbage_collection = true;
  result.info_log_level = rocksdb::WARN_LEVEL;
  result.keep_log_file_num = 4;
  return result;
}

class rocksdb_event_store final : public event_store {
public:
  rocksdb_event_store(const event_store_options& how, std::unique_ptr<rocksdb::DB> db)
      : data_{how.data},
        directory_{(how.data / folder).string()},
        synced_{how.synced},
        db_{std::move(db)},
        thread_{[this] { run(); }} {}

  ~rocksdb_event_store() override { end(); }

  fsm::expected<std::vector<event>> load() override {
    std::vector<event> result;
    rocksdb::ReadOptions how;
    how.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(how)};
    for (at->Seek(std::string(1, event_letter)); at->Valid() && at->key()[0] == event_letter;
         at->Next()) {
      if (at->key().size() != key_bytes) return damaged();
      auto found = read_event(id_of(at->key()), at->value().ToStringView());
      if (!found) return damaged();
      result.push_back(*std::move(found));
    }
    if (!at->status().ok()) return fsm::unexpected(problem(directory_, "read", at->status()));
    return result;
  }

  void add(const event& what, std::string payload, kept done) override {
    push({.put = what, .payload = std::move(payload), .remove = 0, .done = std::move(done)});
  }

  void change(const event& what) override { push({.put = what}); }

  void remove(std::uint64_t id, kept done) override {
    push({.remove = id, .done = std::move(done)});
  }

  fsm::expected<std::string> payload(std::uint64_t id) override {
    std::string result;
    const auto read = db_->Get({}, key_of(payload_letter, id), &result);
    if (!read.ok()) return fsm::unexpected(problem(directory_, "read", read));
    return result;
  }

  fsm::expected<void> checkpoint(const std::string& name) override {
    rocksdb::Checkpoint* made = nullptr;
    auto done = rocksdb::Checkpoint::Create(db_.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> owned{made};
    if (done.ok()) done = owned->CreateCheckpoint((data_ / "checkpoints" / name / folder).string());
    if (!done.ok()) return fsm::unexpected(problem(directory_, "copied", done));
    return {};
  }

  void stop() override { end(); }

private:
  void end() {
    {
      const std::lock_guard lock{mutex_};
      ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  struct work {
    std::optional<event> put{};
    std::optional<std::string> payload{};
    std::uint64_t remove = 0;
    kept done{};
  };

  [[nodiscard]] tl::unexpected<fsm::error> damaged() const {
    return fsm::unexpected(
        {.code = fsm::errc::internal,
         .message = "the events in " + directory_ +
                    " are damaged: one cannot be read (restore a checkpoint or a backup of the "
                    "directory)"});
  }

  void push(work what) {
    {
      const std::lock_guard lock{mutex_};
      if (!ending_) {
        waiting_.push_back(std::move(what));
        changed_.notify_one();
        return;
      }
    }
    if (!what.done) return;
    what.done(
        fsm::unexpected({.code = fsm::errc::stopped, .message = "events are no longer kept"}));
  }

  void run() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto all = std::exchange(waiting_, {});
      lock.unlock();
      for (std::size_t first = 0; first < all.size();) first = write_some(all, first);
      all.clear();  // What they hold may end with them.
      lock.lock();
    }
  }

  // Writes from `first` on what fits, and returns where to go on.
  std::size_t write_some(std::vector<work>& all, std::size_t first) {
    rocksdb::WriteBatch batch;
    rocksdb::WriteOptions how;
    auto end = first;
    for (; end < all.size() && batch.GetDataSize() < write_bytes_max; ++end) {
      const auto& each = all[end];
      if (each.put) batch.Put(key_of(event_letter, each.put->id), write_event(*each.put));
      if (each.payload) {
        batch.Put(key_of(payload_letter, each.put->id), *each.payload);
        how.sync = synced_;
      }
      if (each.remove != 0) {
        batch.Delete(key_of(event_letter, each.remove));
        batch.Delete(key_of(payload_letter, each.remove));
      }
    }
    if (!broken_) {
      const auto written = db_->Write(how, &batch);
      if (!written.ok()) broken_ = problem(directory_, "written", written);
    }
    for (auto i = first; i < end; ++i) {
      if (!all[i].done) continue;
      if (broken_) {
        all[i].done(fsm::unexpected(*broken_));
      } else {
        all[i].done({});
      }
    }
    return end;
  }

  const std::filesystem::path data_;
  const std::string directory_;
  const bool synced_;
  const std::unique_ptr<rocksdb::DB> db_;
  // Why nothing is written any more. Only for the thread.
  std::optional<fsm::error> broken_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<work> waiting_;
  bool ending_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace

fsm::expected<std::unique_ptr<event_store>> open_rocksdb_event_store(
    const event_store_options& how) {
  const auto directory = (how.data / folder).string();
  rocksdb::DB* opened = nullptr;
  const auto done = rocksdb::DB::Open(database_options(), directory, &opened);
  if (!done.ok()) return fsm::unexpected(problem(directory, "opened", done));
  return std::make_unique<rocksdb_event_store>(how, std::unique_ptr<rocksdb::DB>{opened});
}

}  // namespace platform::invoke
