#pragma once

#include <fsm/expected.hpp>
#include <fsm/provider.hpp>
#include <fsm/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace platform::invoke {

/// What an invocation has to know of its version.
struct run_settings {
  std::shared_ptr<const std::string> document;
  std::chrono::seconds timeout{3};
  std::uint32_t memory_mb = 128;
};

/// The settings in a version's document; defaults for what it does not say.
[[nodiscard]] run_settings read_run_settings(std::string document);

/// Remembers the settings of versions that were invoked of late. Versions never change, so that
/// nothing ever has to be taken back.
class settings_cache {
public:
  using found = std::function<void(fsm::expected<run_settings>)>;

  explicit settings_cache(fsm::runtime& functions) : functions_{functions} {}

  /// The settings of what was admitted: at once, or when the store has been read.
  void find(const fsm::admission& of, const found& done);

private:
  struct key {
    std::uint64_t uid = 0;
    std::uint32_t version = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& which) const noexcept {
      return std::hash<std::uint64_t>{}(which.uid * 0x9e3779b97f4a7c15U + which.version);
    }
  };
  void remember(const key& which, const run_settings& what);

  fsm::runtime& functions_;
  std::mutex mutex_;
  std::unordered_map<key, run_settings, key_hash> known_;
  std::size_t bytes_ = 0;
};

}  // namespace platform::invoke
