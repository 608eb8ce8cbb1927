#pragma once

#include "manifest_mark.hpp"

#include <rocksdb/listener.h>

#include <functional>
#include <memory>
#include <string_view>

namespace fsm::rocks {

/// Tells an operator what RocksDB does in the background that should be known, and notes how its
/// MANIFEST grows.
class listener final : public rocksdb::EventListener {
public:
  listener(std::function<void(std::string_view)> warn, std::shared_ptr<manifest_mark> mark);

  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override;
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* why) override;
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override;

private:
  std::function<void(std::string_view)> warn_;
  std::shared_ptr<manifest_mark> mark_;
};

}  // namespace fsm::rocks
