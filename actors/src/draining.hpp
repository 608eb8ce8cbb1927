#pragma once

#include <fsm/provider.hpp>
#include <fsm/time.hpp>

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace fsm::detail {

/// Invocations that go on after their version was replaced or their function deleted. An update's swap and a delete do
/// not wait for them: they move the count of running ones here, together with the resources these run on, which are
/// released when the last one has completed or the deadline is past. Thread-safe.
class draining_table {
 public:
  /// `running` invocations admitted under (slot, generation) go on using `resources` until `deadline`, at the latest.
  /// Gives the resources back at once if all of them have completed meanwhile.
  std::optional<attempt_token> move_here(std::uint32_t slot, std::uint32_t generation, std::uint32_t running,
                                         attempt_token resources, timestamp deadline) {
    const std::lock_guard lock{mutex_};
    entry& e = entries_[key(slot, generation)];
    e.running += running;
    e.moved = true;
    e.resources = resources;
    e.deadline = deadline;
    return take_if_done(slot, generation);
  }

  /// One of them has completed. Gives the resources if it was the last.
  std::optional<attempt_token> complete(std::uint32_t slot, std::uint32_t generation) {
    const std::lock_guard lock{mutex_};
    // A completion may come before the move it belongs to: then the count goes below zero until that arrives.
    --entries_[key(slot, generation)].running;
    return take_if_done(slot, generation);
  }

  /// Gives up on what is past its deadline.
  std::vector<attempt_token> expire(timestamp now) {
    const std::lock_guard lock{mutex_};
    std::vector<attempt_token> expired;
    absl::erase_if(entries_, [&expired, now](const auto& item) {
      if (!item.second.moved || item.second.deadline > now) return false;
      expired.push_back(item.second.resources);
      return true;
    });
    return expired;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return entries_.size();
  }

 private:
  struct entry {
    std::int64_t running = 0;
    bool moved = false;
    attempt_token resources;
    timestamp deadline{};
  };

  static std::uint64_t key(std::uint32_t slot, std::uint32_t generation) noexcept {
    return std::uint64_t{slot} << 32U | generation;
  }

  std::optional<attempt_token> take_if_done(std::uint32_t slot, std::uint32_t generation) {
    const auto found = entries_.find(key(slot, generation));
    if (!found->second.moved || found->second.running > 0) return std::nullopt;
    const attempt_token resources = found->second.resources;
    entries_.erase(found);
    return resources;
  }

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::uint64_t, entry> entries_;
};

}  // namespace fsm::detail
