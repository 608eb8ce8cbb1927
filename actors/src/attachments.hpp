#pragma once

#include <absl/container/flat_hash_map.h>
#include <caf/abstract_actor.hpp>
#include <caf/attachable.hpp>

#include <mutex>
#include <utility>

namespace fsm::detail {

/// Who monitors and is linked to which function: kept beside the functions, as almost none has any.
/// Thread-safe.
class attachment_table {
public:
  /// Adds `what` unless `gone()`, which is asked under the lock; then `what` is given back.
  template <class Gone>
  [[nodiscard]] caf::attachable_ptr add(caf::actor_id whom, caf::attachable_ptr what, Gone gone) {
    const std::lock_guard lock{mutex_};
    if (gone()) return what;
    caf::attachable_ptr& head = lists_[whom];
    what->next = std::move(head);
    head = std::move(what);
    return nullptr;
  }

  /// True if something matches.
  [[nodiscard]] bool contains(caf::actor_id whom, const caf::attachable::token& what) {
    const std::lock_guard lock{mutex_};
    const auto found = lists_.find(whom);
    if (found == lists_.end()) return false;
    for (caf::attachable* a = found->second.get(); a != nullptr; a = a->next.get()) {
      if (a->matches(what)) return true;
    }
    return false;
  }

  /// Removes what matches, the first or all of it; gives their number.
  std::size_t remove(caf::actor_id whom, const caf::attachable::token& what, bool only_first) {
    caf::attachable_ptr removed;  // Destroyed after the lock is free.
    std::size_t count = 0;
    const std::lock_guard lock{mutex_};
    const auto found = lists_.find(whom);
    if (found == lists_.end()) return 0;
    for (caf::attachable_ptr* at = &found->second; *at != nullptr && !(only_first && count > 0);) {
      if (!(*at)->matches(what)) {
        at = &(*at)->next;
        continue;
      }
      caf::attachable_ptr taken = std::move(*at);
      *at = std::move(taken->next);
      taken->next = std::move(removed);
      removed = std::move(taken);
      ++count;
    }
    if (found->second == nullptr) lists_.erase(found);
    return count;
  }

  /// Takes everything that hangs on one function.
  [[nodiscard]] caf::attachable_ptr take(caf::actor_id whom) {
    const std::lock_guard lock{mutex_};
    const auto found = lists_.find(whom);
    if (found == lists_.end()) return nullptr;
    caf::attachable_ptr all = std::move(found->second);
    lists_.erase(found);
    return all;
  }

private:
  std::mutex mutex_;
  absl::flat_hash_map<caf::actor_id, caf::attachable_ptr> lists_;
};

}  // namespace fsm::detail
