#pragma once

#include <rocksdb/listener.h>

#include <functional>
#include <string_view>

namespace fsm::rocks {

/// Tells an operator what RocksDB does in the background that should be known.
class listener final : public rocksdb::EventListener {
public:
  explicit listener(std::function<void(std::string_view)> warn);

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* why) override;
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override;

private:
  std::function<void(std::string_view)> warn_;
};

}  // namespace fsm::rocks
