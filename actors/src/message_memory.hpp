#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fsm::detail {

/// Memory for the runtime's own messages and for what else comes and goes with each transition.
/// Such objects are made by one thread and freed by another, over and over, which is what general
/// allocators are worst at. Here each thread keeps free blocks of some sizes; what it has too many
/// of, or lacks, is exchanged with the others in bundles, under a lock. Bounded: what nobody is
/// likely to need soon goes back to the general allocator.
///
/// Any thread. With a sanitizer that watches memory, everything goes to the general allocator.
class message_memory {
public:
  [[nodiscard]] static void* take(std::size_t bytes) {
    const std::size_t size = class_of(bytes);
    if (size < classes) {
      list& mine = lists_[size];
      if (block* const got = mine.first; got != nullptr) {
        mine.first = got->next;
        --mine.count;
        return got;
      }
    }
    return take_elsewhere(size, bytes);
  }
  static void give(void* what, std::size_t bytes) noexcept {
    const std::size_t size = class_of(bytes);
    if (size < classes && lists_[size].count < kept_max) {
      list& mine = lists_[size];
      auto* const given = static_cast<block*>(what);
      given->next = mine.first;
      mine.first = given;
      ++mine.count;
      return;
    }
    give_elsewhere(size, what);
  }

private:
  static constexpr std::size_t step = 64;  // A cache line: no two blocks share one.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr std::size_t classes = 0;
#else
  static constexpr std::size_t classes = 16;
#endif
  static constexpr std::uint32_t bundle = 64;  // Blocks that change hands at a time.
  static constexpr std::uint32_t kept_max = 2 * bundle;

  struct block {
    block* next;
    block* next_bundle;
  };
  /// Free blocks of one size.
  struct list {
    block* first = nullptr;
    std::uint32_t count = kept_max;  // So that nothing is kept before a lease has been taken.
  };
  struct depot;
  struct lease;
  enum class leasing : std::uint8_t { not_yet, leased, ended };

  [[nodiscard]] static std::size_t class_of(std::size_t bytes) noexcept {
    return (bytes + step - 1) / step - 1;
  }
  [[nodiscard]] static void* take_elsewhere(std::size_t size, std::size_t bytes);
  static void give_elsewhere(std::size_t size, void* what) noexcept;
  /// Gives a bundle to the depot; false if there are enough of them.
  static bool pass_on(std::size_t size, list& from) noexcept;
  static depot& depot_of(std::size_t size) noexcept;
  /// True while this thread may keep blocks: what it keeps is freed when it ends.
  static bool may_keep() noexcept;

  static constinit thread_local std::array<list, 16> lists_;
  static constinit thread_local leasing leasing_;
};

/// An allocator over it, for `std::allocate_shared`.
template <class T>
struct message_allocator {
  using value_type = T;
  message_allocator() = default;
  template <class U>  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  message_allocator(const message_allocator<U>& /*other*/) noexcept {}
  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(message_memory::take(count * sizeof(T)));
  }
  void deallocate(T* what, std::size_t count) noexcept {
    message_memory::give(what, count * sizeof(T));
  }
  friend bool operator==(const message_allocator&, const message_allocator&) = default;
};

}  // namespace fsm::detail
