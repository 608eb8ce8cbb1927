#pragma once

#include "admission_word.hpp"
#include <fsm/provider.hpp>
#include <fsm/time.hpp>

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace fsm::detail {

/// Invocations that go on after their version was replaced or their function deleted. An update's
/// swap and a delete do not wait for them: they move the count of running ones here, together with
/// the resources these run on, which are released when the last one has completed or the deadline
/// is past. Thread-safe.
class draining_table {
public:
  /// Moves what runs on `resources` here, until `deadline` at the latest. `renew()` starts a new
  /// generation in the slot's admission word and gives the old one; it is called under the lock, so
  /// that no completion of that generation can look for it here before it has come. Gives the
  /// resources back at once if nothing runs on them. With `unsettled` the transition that does it
  /// holds them, too, whatever the deadline, until `settle`: it may never become durable.
  template <class Renew>
  std::optional<attempt_token> move_here(std::uint32_t slot, attempt_token resources,
                                         timestamp deadline, Renew renew, bool unsettled = false) {
    const std::lock_guard lock{mutex_};
    const admission_word::view before = renew();
    if (before.in_flight() == 0) return resources;
    entries_[key(slot, before.generation())] = {before.in_flight(), resources, deadline, unsettled};
    return std::nullopt;
  }

  /// The transition that has moved them here is durable. Gives the resources if nothing runs on
  /// them any more.
  std::optional<attempt_token> settle(std::uint32_t slot, std::uint32_t generation) {
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(key(slot, generation));
    if (found == entries_.end()) return std::nullopt;
    found->second.unsettled = false;
    return take_unused(found);
  }

  /// One of them has completed. Gives the resources if it was the last. One that nobody knows any
  /// more was given up.
  std::optional<attempt_token> complete(std::uint32_t slot, std::uint32_t generation) {
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(key(slot, generation));
    if (found == entries_.end()) {
      if (given_up_ > 0) --given_up_;
      return std::nullopt;
    }
    --found->second.running;
    return take_unused(found);
  }

  /// Gives up on what is past its deadline.
  std::vector<attempt_token> expire(timestamp now) {
    const std::lock_guard lock{mutex_};
    std::vector<attempt_token> expired;
    absl::erase_if(entries_, [this, &expired, now](const auto& item) {
      if (item.second.deadline > now || item.second.unsettled) return false;
      expired.push_back(item.second.resources);
      given_up_ += item.second.running;
      return true;
    });
    // The table's own order is another one in every process.
    std::sort(expired.begin(), expired.end());
    return expired;
  }

  /// So many invocations of a function that becomes idle are given up as lost; they may complete
  /// all the same.
  void give_up(std::uint64_t invocations) {
    const std::lock_guard lock{mutex_};
    given_up_ += invocations;
  }

  /// True while invocations run on these resources.
  [[nodiscard]] bool holds(const attempt_token& resources) const {
    const std::lock_guard lock{mutex_};
    return std::any_of(entries_.begin(), entries_.end(), [&resources](const auto& item) {
      return item.second.resources == resources;
    });
  }

  /// How many completions may still come, those of given up invocations included.
  [[nodiscard]] std::uint64_t outstanding() const {
    const std::lock_guard lock{mutex_};
    std::uint64_t sum = given_up_;
    for (const auto& [where, what] : entries_) sum += what.running;
    return sum;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return entries_.size();
  }

private:
  struct entry {
    std::uint32_t running = 0;
    attempt_token resources;
    timestamp deadline{};
    bool unsettled = false;
  };
  using table = absl::flat_hash_map<std::uint64_t, entry>;

  std::optional<attempt_token> take_unused(table::iterator at) {
    if (at->second.running != 0 || at->second.unsettled) return std::nullopt;
    const attempt_token resources = at->second.resources;
    entries_.erase(at);
    return resources;
  }

  static std::uint64_t key(std::uint32_t slot, std::uint32_t generation) noexcept {
    return std::uint64_t{slot} << 32U | generation;
  }

  mutable std::mutex mutex_;
  table entries_;
  std::uint64_t given_up_ = 0;
};

}  // namespace fsm::detail
