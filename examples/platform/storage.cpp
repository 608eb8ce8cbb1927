#include "storage.hpp"

#include <spdlog/spdlog.h>

#ifdef FSM_PLATFORM_HAS_ROCKSDB
#include <fsm/quoted.hpp>
#include <fsm/rocksdb.hpp>
#endif

#include <string_view>
#include <utility>

namespace platform {

#ifdef FSM_PLATFORM_HAS_ROCKSDB

namespace {

// Reads no further than what the directory says of itself.
class summary_reader final : public fsm::rocksdb_reader {
public:
  std::optional<fsm::timestamp> alive_at;

  bool on_summary(const fsm::rocksdb_summary& summary) override {
    if (summary.alive_at != fsm::timestamp{}) alive_at = summary.alive_at;
    return false;
  }
  bool on_owed_release(std::uint64_t, std::uint32_t) override { return false; }
  bool on_function(const fsm::stored_function&) override { return false; }
  bool on_document(std::uint64_t, std::uint32_t, std::string_view) override { return false; }
  bool on_metadata(std::uint64_t, std::string_view) override { return false; }
  bool on_history(const fsm::stored_transition&) override { return false; }
  bool on_event(const fsm::stored_transition&) override { return false; }
};

}  // namespace

fsm::expected<std::shared_ptr<fsm::store>> make_store(const flags& how,
                                                      const std::shared_ptr<spdlog::logger>& log) {
  if (!how.data) return fsm::make_memory_store();
  fsm::rocksdb_options options;
  options.directory = *how.data;
  options.mode = how.buffered ? fsm::durability::buffered : fsm::durability::synced;
  options.event_log_bytes = std::uint64_t{how.event_log_mib} << 20U;
  options.warn = [log](std::string_view text) {
    log->warn("store warns text={}", fsm::quoted(text));
  };
  return fsm::rocksdb_store(std::move(options));
}

fsm::expected<std::unique_ptr<invoke::event_store>> open_event_store(const flags& how) {
  if (!how.data) return invoke::make_memory_event_store();
  return invoke::open_rocksdb_event_store({.data = *how.data, .synced = !how.buffered});
}

std::optional<fsm::timestamp> last_alive(const flags& how) {
  if (!how.data) return std::nullopt;
  summary_reader found;
  static_cast<void>(fsm::read_rocksdb_store(*how.data, found));
  return found.alive_at;
}

#else

fsm::expected<std::shared_ptr<fsm::store>> make_store(const flags& how,
                                                      const std::shared_ptr<spdlog::logger>&) {
  if (!how.data) return fsm::make_memory_store();
  return fsm::unexpected({.code = fsm::errc::invalid_argument,
                          .message = "this program was built without RocksDB and keeps nothing on "
                                     "disk: start it with --memory, or build it with "
                                     "-DLIBFSM_BUILD_ROCKSDB=ON"});
}

fsm::expected<std::unique_ptr<invoke::event_store>> open_event_store(const flags&) {
  return invoke::make_memory_event_store();
}

std::optional<fsm::timestamp> last_alive(const flags&) { return std::nullopt; }

#endif

fsm::expected<std::unique_ptr<code::code_store>> make_code_store(const flags& how) {
  if (!how.data) return code::make_memory_code_store();
  return code::open_code_store(*how.data, !how.buffered);
}

}  // namespace platform
