#pragma once

#include <caf/mailbox_element.hpp>

#include <atomic>

namespace bench {

/// Where a driver's responses arrive. Any thread pushes, one takes. It also says whether the driver
/// is being run: who pushes to a driver at rest has to run it.
class response_mailbox {
public:
  response_mailbox() = default;
  response_mailbox(const response_mailbox&) = delete;
  response_mailbox& operator=(const response_mailbox&) = delete;
  ~response_mailbox() {
    if (newest_.load() == at_rest()) return;
    auto* left = take_all();
    while (left != nullptr) (void)pop(left);
  }

  /// True if the driver was at rest.
  [[nodiscard]] bool push(caf::mailbox_element_ptr what) noexcept {
    auto* const node = what.release();
    link* before = newest_.load(std::memory_order_relaxed);
    do {
      node->next = before == at_rest() ? nullptr : before;
    } while (!newest_.compare_exchange_weak(before, node, std::memory_order_acq_rel,
                                            std::memory_order_relaxed));
    return before == at_rest();
  }

  using link = caf::mailbox_element::node_type;

  /// Everything there is, in order of arrival; take it apart with `pop`. Null: nothing. Only who
  /// runs the driver.
  [[nodiscard]] link* take_all() noexcept {
    link* newest = newest_.exchange(nullptr, std::memory_order_acq_rel);
    link* oldest = nullptr;
    while (newest != nullptr) {
      link* const older = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  /// The first of `list`, which must not be null; `list` becomes the rest.
  [[nodiscard]] static caf::mailbox_element_ptr pop(link*& list) noexcept {
    auto* const first = static_cast<caf::mailbox_element*>(list);
    list = first->next;
    first->next = nullptr;
    return caf::mailbox_element_ptr{first};
  }

  /// Puts the driver to rest, unless something has arrived. Only who runs it.
  [[nodiscard]] bool try_rest() noexcept {
    link* nothing = nullptr;
    return newest_.compare_exchange_strong(nothing, at_rest(), std::memory_order_acq_rel,
                                           std::memory_order_relaxed);
  }

private:
  /// No element has this address.
  [[nodiscard]] link* at_rest() noexcept { return reinterpret_cast<link*>(this); }

  /// The driver starts out being run.
  std::atomic<link*> newest_{nullptr};
};

}  // namespace bench
