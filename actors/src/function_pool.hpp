#pragma once

#include "attachments.hpp"
#include "draining.hpp"
#include "epoch.hpp"
#include "hot_line.hpp"
#include "huge_pages.hpp"
#include <fsm/clock.hpp>

#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace fsm::detail {

struct core;
class function_actor;

/// What comes before a function's actor. CAF puts the control block into 64 bytes and uses 56 of
/// them; the links of the reclaimer's wheel take the rest.
struct actor_head {
  static constexpr std::uint32_t unlinked = 0xFFFF'FFFF;

  alignas(8) unsigned char control[sizeof(caf::actor_control_block)];
  std::uint32_t wheel_next = unlinked;
  std::uint32_t wheel_previous = unlinked;
};
static_assert(sizeof(actor_head) == 64);

/// The memory of all functions of one runtime, and what may be needed after the runtime is gone: a
/// handle or an admission kept beyond `stop()` still finds a function there, which then only says
/// that it is gone.
///
/// One stretch of address space, cut into chunks of a huge page each; a chunk begins with a line
/// that leads back here, so that a function needs no pointer to its runtime. Then come the hot
/// lines of its functions, and then their actors. Slots are numbered; memory is touched when first
/// used, reused after, and given back to the system with the last user.
class function_pool {
public:
  static constexpr std::size_t chunk_bytes = huge_page_bytes;
  static constexpr std::size_t header_bytes = 64;
  static constexpr std::size_t actor_bytes = 96;
  static constexpr std::size_t body_bytes = sizeof(actor_head) + actor_bytes;
  static constexpr std::size_t slot_bytes = sizeof(hot_line) + body_bytes;
  static constexpr std::uint32_t slots_per_chunk = (chunk_bytes - header_bytes) / slot_bytes;
  static constexpr std::uint32_t no_slot = 0xFFFF'FFFF;

  /// Reserves address space for `functions_max` functions of `owner`. Throws `std::bad_alloc` if
  /// there is none.
  function_pool(core& owner, std::shared_ptr<fsm::clock> clock, std::size_t functions_max);
  function_pool(const function_pool&) = delete;
  function_pool& operator=(const function_pool&) = delete;

  /// The pool an object inside it belongs to.
  [[nodiscard]] static function_pool& of(const void* inside) noexcept;

  /// The runtime; null once it has stopped.
  [[nodiscard]] core* owner() const noexcept { return owner_.load(std::memory_order_acquire); }

  [[nodiscard]] hot_line& line(std::uint32_t slot) const noexcept {
    return *reinterpret_cast<hot_line*>(chunk_of(slot) + header_bytes +
                                        slot % slots_per_chunk * sizeof(hot_line));
  }
  /// What the directory asks for the name of a slot.
  [[nodiscard]] auto names() const noexcept {
    return [this](std::uint32_t slot) { return line(slot).name.view(); };
  }
  [[nodiscard]] actor_head& head(std::uint32_t slot) const noexcept {
    return *reinterpret_cast<actor_head*>(chunk_of(slot) + bodies_at +
                                          slot % slots_per_chunk * body_bytes);
  }
  [[nodiscard]] function_actor* function(std::uint32_t slot) const noexcept {
    return reinterpret_cast<function_actor*>(&head(slot) + 1);
  }
  [[nodiscard]] std::uint32_t slot_of(const function_actor* who) const noexcept {
    return slot_at(who, bodies_at, body_bytes);
  }
  [[nodiscard]] std::uint32_t slot_of(const hot_line& line) const noexcept {
    return slot_at(&line, header_bytes, sizeof(hot_line));
  }
  /// The hot line of an actor, wherever its pool is.
  [[nodiscard]] static hot_line& line_of(const void* actor) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(actor);
    const std::uintptr_t chunk = address & ~(std::uintptr_t{chunk_bytes} - 1);
    return *reinterpret_cast<hot_line*>(
        chunk + header_bytes + (address - chunk - bodies_at) / body_bytes * sizeof(hot_line));
  }
  /// Slots ever used: functions are at numbers below it.
  [[nodiscard]] std::uint32_t used() const noexcept {
    return used_.load(std::memory_order_acquire);
  }

  /// A free slot, or `no_slot` when `functions_max` are in use. It counts as a user of the pool
  /// until `give`.
  [[nodiscard]] std::uint32_t take();
  void give(std::uint32_t slot) noexcept;

  /// One invocation that was admitted under `generation` is over, and the idle clock starts anew.
  /// False, and nothing is done, if the generation is no longer that of the function's word.
  [[nodiscard]] bool complete(hot_line& function, std::uint32_t generation) const noexcept {
    if (function.word.load().generation() != generation) return false;
    function.touch(clock_->coarse_now());
    return function.word.try_complete(generation);
  }

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
  ~function_pool() = default;

  // More admissions than there can be.
  static constexpr std::uint64_t unknown_users = std::uint64_t{1} << 60U;

  static constexpr std::size_t bodies_at = header_bytes + slots_per_chunk * sizeof(hot_line);

  struct chunk_header {
    function_pool* pool;
  };
  /// The number of what is `inside`, where a chunk has its first one at `first` and one every
  /// `stride` bytes.
  [[nodiscard]] std::uint32_t slot_at(const void* inside, std::size_t first,
                                      std::size_t stride) const noexcept {
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(inside) - memory_);
    return static_cast<std::uint32_t>(offset / chunk_bytes * slots_per_chunk +
                                      (offset % chunk_bytes - first) / stride);
  }
  [[nodiscard]] std::byte* chunk_of(std::uint32_t slot) const noexcept {
    return memory_ + slot / slots_per_chunk * chunk_bytes;
  }

  std::atomic<core*> owner_;
  std::shared_ptr<fsm::clock> clock_;
  /// Functions are visited in random order.
  huge_mapping mapping_;
  std::byte* memory_;
  std::uint32_t slots_max_;
  std::atomic<std::uint32_t> used_{0};
  std::atomic<std::uint64_t> users_{1};
  std::mutex mutex_;  // Guards free_ and growing used_.
  std::vector<std::uint32_t> free_;
};

}  // namespace fsm::detail
