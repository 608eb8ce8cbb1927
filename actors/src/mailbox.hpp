#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fsm::detail {

/// A mailbox of one word: any thread pushes, one owner takes. It also says whether the owner is at
/// work:
///
///   idle     nobody runs the owner; the next push makes its caller responsible for running it
///   empty    the owner is being run, and nothing waits
///   a list   the owner is being run (or about to be), and these wait, newest first
///
/// Free of CAF types, so that the thread sanitizer can see all of it. `Node` gives `Node* next()`
/// and `next(Node*)`.
template <class Node>
class mailbox {
public:
  /// Adds `node`. True if the owner was idle: then the caller must see to it that it runs. Any
  /// thread.
  [[nodiscard]] bool push(Node* node) noexcept { return push(node, node); }

  /// Adds many at once: a list from the newest to the oldest.
  [[nodiscard]] bool push(Node* newest, Node* oldest) noexcept {
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      oldest->next(head == idle() ? nullptr : head);
    } while (!head_.compare_exchange_weak(head, newest, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return head == idle();
  }

  /// Takes everything, oldest first; null if nothing waits. Only the one who runs the owner.
  [[nodiscard]] Node* take_all() noexcept {
    Node* newest = head_.exchange(nullptr, std::memory_order_acq_rel);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* older = newest->next();
      newest->next(oldest);
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  /// Becomes idle unless something waits. After `true` the owner must not be touched: somebody else
  /// may run it, or have destroyed it. Only the one who runs the owner.
  [[nodiscard]] bool try_idle() noexcept {
    Node* expected = nullptr;
    return head_.compare_exchange_strong(expected, idle(), std::memory_order_acq_rel,
                                         std::memory_order_relaxed);
  }

private:
  /// The mark for "idle": an address that no node can have.
  [[nodiscard]] Node* idle() const noexcept {
    return reinterpret_cast<Node*>(reinterpret_cast<std::uintptr_t>(this));
  }

  std::atomic<Node*> head_{idle()};
};

}  // namespace fsm::detail
