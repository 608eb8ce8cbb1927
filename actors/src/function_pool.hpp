#pragma once

#include "admission_word.hpp"
#include "attachments.hpp"
#include "draining.hpp"
#include "epoch.hpp"

#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace fsm::detail {

struct core;
class function_actor;

/// What comes before a function's actor in its slot. CAF puts the control block into 64 bytes and
/// uses 56 of them; the links of the reclaimer's wheel take the rest.
struct slot_head {
  static constexpr std::uint32_t unlinked = 0xFFFF'FFFF;

  alignas(8) unsigned char control[sizeof(caf::actor_control_block)];
  std::uint32_t wheel_next = unlinked;
  std::uint32_t wheel_previous = unlinked;
};
static_assert(sizeof(slot_head) == 64);

/// What comes behind it: next to the function's name, so that an invocation touches as few cache
/// lines as can be.
struct slot_tail {
  admission_word word;
};
static_assert(sizeof(slot_tail) == 8);

/// The memory of all functions of one runtime, and what may be needed after the runtime is gone: a
/// handle or an admission kept beyond `stop()` still finds a function there, which then only says
/// that it is gone.
///
/// One stretch of address space, cut into chunks of a huge page each; a chunk begins with a line
/// that leads back here, so that a function needs no pointer to its runtime. Slots are numbered;
/// memory is touched when first used, reused after, and given back to the system with the last
/// user.
class function_pool {
public:
  static constexpr std::size_t chunk_bytes = std::size_t{2} << 20U;
  static constexpr std::size_t slot_bytes = 224;
  static constexpr std::size_t header_bytes = 64;
  static constexpr std::size_t actor_bytes = slot_bytes - sizeof(slot_head) - sizeof(slot_tail);
  static constexpr std::uint32_t slots_per_chunk = (chunk_bytes - header_bytes) / slot_bytes;
  static constexpr std::uint32_t no_slot = 0xFFFF'FFFF;

  /// Reserves address space for `functions_max` functions of `owner`. Throws `std::bad_alloc` if
  /// there is none.
  function_pool(core& owner, std::size_t functions_max);
  function_pool(const function_pool&) = delete;
  function_pool& operator=(const function_pool&) = delete;

  /// The pool an object inside it belongs to.
  [[nodiscard]] static function_pool& of(const void* inside) noexcept;

  /// The runtime; null once it has stopped.
  [[nodiscard]] core* owner() const noexcept { return owner_.load(std::memory_order_acquire); }

  [[nodiscard]] slot_head& head(std::uint32_t slot) const noexcept {
    return *reinterpret_cast<slot_head*>(memory_ + slot / slots_per_chunk * chunk_bytes +
                                         header_bytes + slot % slots_per_chunk * slot_bytes);
  }
  [[nodiscard]] function_actor* function(std::uint32_t slot) const noexcept {
    return reinterpret_cast<function_actor*>(&head(slot) + 1);
  }
  [[nodiscard]] admission_word& word(std::uint32_t slot) const noexcept {
    return reinterpret_cast<slot_tail*>(reinterpret_cast<std::byte*>(&head(slot) + 1) + actor_bytes)
        ->word;
  }
  [[nodiscard]] std::uint32_t slot_of(const function_actor* who) const noexcept;
  /// Slots ever used: functions are at numbers below it.
  [[nodiscard]] std::uint32_t used() const noexcept {
    return used_.load(std::memory_order_acquire);
  }

  /// A free slot, or `no_slot` when `functions_max` are in use. It counts as a user of the pool
  /// until `give`.
  [[nodiscard]] std::uint32_t take();
  void give(std::uint32_t slot) noexcept;

  /// The runtime has stopped: nobody finds it any more. Waits until no sender is looking at it.
  /// From now on an admission that is given back lets go of the pool; it stays at least until
  /// `keep_for`.
  void disown() noexcept;
  /// This many admissions, of both kinds, were out when the runtime stopped.
  void keep_for(std::uint64_t admissions) noexcept;
  void retain() noexcept { users_.fetch_add(1, std::memory_order_relaxed); }
  /// Frees the pool with its last user.
  void release(std::uint64_t users = 1) noexcept;

  epoch_domain epochs;
  draining_table draining;
  attachment_table attachments;
  /// Admissions given to CAF actors and not given back. They are plain values that never touch the
  /// pool.
  std::atomic<std::uint64_t> admitted_by_message{0};

private:
  ~function_pool();

  // More admissions than there can be.
  static constexpr std::uint64_t unknown_users = std::uint64_t{1} << 60U;

  struct chunk_header {
    function_pool* pool;
  };

  std::atomic<core*> owner_;
  std::byte* memory_ = nullptr;
  std::size_t memory_bytes_ = 0;
  std::uint32_t slots_max_;
  std::atomic<std::uint32_t> used_{0};
  std::atomic<std::uint64_t> users_{1};
  std::mutex mutex_;  // Guards free_ and growing used_.
  std::vector<std::uint32_t> free_;
};

}  // namespace fsm::detail
