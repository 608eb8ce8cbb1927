#include "message_memory.hpp"

#include <mutex>
#include <new>
#include <utility>

namespace fsm::detail {

constinit thread_local std::array<message_memory::list, 16> message_memory::lists_{};
constinit thread_local message_memory::leasing message_memory::leasing_ = leasing::not_yet;

/// Bundles of free blocks of one size, for all threads.
struct message_memory::depot {
  static constexpr std::size_t bundles_max = 64;

  std::mutex mutex;
  block* bundles = nullptr;
  std::size_t count = 0;

  [[nodiscard]] block* take() noexcept {
    const std::lock_guard lock{mutex};
    block* const first = bundles;
    if (first != nullptr) {
      bundles = first->next_bundle;
      --count;
    }
    return first;
  }
  /// False if there are enough of them.
  [[nodiscard]] bool give(block* first) noexcept {
    const std::lock_guard lock{mutex};
    if (count == bundles_max) return false;
    first->next_bundle = bundles;
    bundles = first;
    ++count;
    return true;
  }
};

/// Frees what a thread has kept when it ends.
struct message_memory::lease {
  lease() {
    leasing_ = leasing::leased;
    for (list& kept : lists_) kept.count = 0;
  }
  ~lease() {
    leasing_ = leasing::ended;
    for (list& kept : lists_) {
      while (kept.first != nullptr)
        ::operator delete(std::exchange(kept.first, kept.first->next), std::align_val_t{step});
      kept.count = kept_max;
    }
  }
};

bool message_memory::may_keep() noexcept {
  if (leasing_ == leasing::not_yet) {
    thread_local lease mine;
    static_cast<void>(mine);
  }
  return leasing_ == leasing::leased;
}

message_memory::depot& message_memory::depot_of(std::size_t size) noexcept {
  // Never destroyed: threads may end after it would be.
  static auto* const depots = new std::array<depot, 16>;
  return (*depots)[size];
}

void* message_memory::take_elsewhere(std::size_t size, std::size_t bytes) {
  if (size >= classes) return ::operator new(bytes, std::align_val_t{step});
  if (may_keep()) {
    if (block* const got = depot_of(size).take(); got != nullptr) {
      lists_[size] = {got->next, bundle - 1};
      return got;
    }
  }
  return ::operator new((size + 1) * step, std::align_val_t{step});
}

void message_memory::give_elsewhere(std::size_t size, void* what) noexcept {
  if (size < classes && may_keep()) {
    list& mine = lists_[size];
    if (mine.count == 0 || pass_on(size, mine)) return give(what, (size + 1) * step);
  }
  ::operator delete(what, std::align_val_t{step});
}

bool message_memory::pass_on(std::size_t size, list& from) noexcept {
  block* const first = from.first;
  block* last = first;
  for (std::uint32_t i = 1; i < bundle; ++i) last = last->next;
  block* const rest = std::exchange(last->next, nullptr);
  if (!depot_of(size).give(first)) {
    last->next = rest;
    return false;
  }
  from = {rest, from.count - bundle};
  return true;
}

}  // namespace fsm::detail
