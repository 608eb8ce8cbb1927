#include "listener.hpp"

#include <fmt/format.h>

#include <utility>

namespace fsm::rocks {

listener::listener(std::function<void(std::string_view)> warn, std::shared_ptr<manifest_mark> mark)
    : warn_{std::move(warn)}, mark_{std::move(mark)} {}

void listener::OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& /*info*/) {
  mark_->move(*db);
}

void listener::OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& /*info*/) {
  mark_->move(*db);
}

void listener::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status* why) {
  if (warn_) warn_(fmt::format("RocksDB failed in the background: {}", why->ToString()));
}

void listener::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  if (warn_ && info.condition.cur == rocksdb::WriteStallCondition::kStopped) {
    warn_(
        fmt::format("RocksDB holds writes back until '{}' is flushed or compacted", info.cf_name));
  }
}

}  // namespace fsm::rocks
