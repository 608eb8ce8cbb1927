#pragma once

#include "invoke/event.hpp"
#include <fsm/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace platform::invoke {

/// Where events are kept until they have been delivered. All calls are thread-safe. An error is for
/// good: nothing more is kept after it.
class event_store {
public:
  using kept = std::function<void(fsm::expected<void>)>;

  virtual ~event_store() = default;

  /// The events of an earlier life, by id. To be called once, before all else.
  [[nodiscard]] virtual fsm::expected<std::vector<event>> load() = 0;
  /// Keeps an event. `done` is told when it is as safe as it is to be, on any thread.
  virtual void add(const event& what, std::string payload, kept done) = 0;
  /// Keeps what has changed of an event, in its own time.
  virtual void change(const event& what) = 0;
  /// Forgets an event. `done` is told when that is on its way to the disk.
  virtual void remove(std::uint64_t id, kept done) = 0;
  /// What was given with the event. May wait for the disk.
  [[nodiscard]] virtual fsm::expected<std::string> payload(std::uint64_t id) = 0;
  /// Adds a copy to the checkpoint of the functions that has this name. Waits for the disk. Does
  /// nothing when events are not on disk.
  [[nodiscard]] virtual fsm::expected<void> checkpoint(const std::string& name) = 0;
  /// Returns when all that it was given is kept and everybody has been told. What comes later is
  /// refused with `stopped`. Not on a thread of its own.
  virtual void stop() {}
};

[[nodiscard]] std::unique_ptr<event_store> make_memory_event_store();

/// How an event store on disk is opened.
struct event_store_options {
  /// The directory in which the functions are kept; it must be there. Events are kept in a
  /// directory in it.
  std::filesystem::path data;
  bool synced = true;
};

/// A store in a RocksDB database of its own. Writes are grouped and made by a thread of its own.
/// The message of an error names the directory. Only where RocksDB is built in.
[[nodiscard]] fsm::expected<std::unique_ptr<event_store>> open_rocksdb_event_store(
    const event_store_options& how);

}  // namespace platform::invoke
