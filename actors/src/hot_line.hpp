#pragma once

#include "admission_word.hpp"
#include "uint48.hpp"
#include <fsm/admission.hpp>
#include <fsm/pair.hpp>
#include <fsm/time.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fsm::detail {

/// A name in 24 bytes: up to 23 characters in place, longer ones behind a pointer.
class compact_name {
public:
  compact_name() = default;
  compact_name(const compact_name&) = delete;
  compact_name& operator=(const compact_name&) = delete;
  ~compact_name() { clear(); }

  /// `text` has at most 255 characters.
  void assign(std::string_view text);
  void clear() noexcept;
  [[nodiscard]] std::string_view view() const noexcept {
    return {length() > in_place_max ? elsewhere() : bytes_, length()};
  }

private:
  static constexpr std::size_t in_place_max = 23;
  [[nodiscard]] std::size_t length() const noexcept {
    return static_cast<unsigned char>(bytes_[in_place_max]);
  }
  [[nodiscard]] char* elsewhere() const noexcept {
    char* pointer = nullptr;
    std::memcpy(&pointer, bytes_, sizeof pointer);
    return pointer;
  }

  // The characters, or a pointer to them; the length is in the last byte.
  char bytes_[in_place_max + 1] = {};
};
static_assert(sizeof(compact_name) == 24);

/// All that an invocation looks at: one cache line per function, apart from its actor. Any thread
/// may read it; only the actor writes it, but for the admission word, the idle clock, and what the
/// journal confirms.
///
/// It belongs to the slot and outlives the function in it, so that a late completion still finds
/// the word.
struct alignas(64) hot_line {
  compact_name name;
  admission_word word;
  /// When an invocation last began or ended; milliseconds.
  std::atomic<std::int64_t> last_use_ms{0};
  /// Transitions that the store has not confirmed yet.
  std::atomic<std::uint32_t> unsettled{0};
  /// Two members of the lifecycle record: the version to run, and the attempt whose resources.
  std::atomic<std::uint32_t> version{0};
  std::atomic<std::uint32_t> held{0};
  std::atomic<std::uint16_t> tenant{0};
  std::uint8_t idle_policy = 0;
  /// Where the function's history goes on, see `history_ring`. Only for the actor.
  std::uint8_t history_counter = 0;
  uint48 uid;
  /// Of the lifecycle record. Only for the actor.
  fsm::pair pair;

  /// Starts the idle clock anew.
  void touch(timestamp now) noexcept {
    last_use_ms.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  [[nodiscard]] timestamp last_use() const noexcept {
    return timestamp{duration{last_use_ms.load(std::memory_order_relaxed)}};
  }
  /// True when everything the function has done is durable, so that answers may rest on it.
  [[nodiscard]] bool is_settled() const noexcept {
    return unsettled.load(std::memory_order_acquire) == 0;
  }

  /// One try to admit an invocation: at most one compare-and-swap wins. Gives true and fills
  /// `into`, or false when the function does not admit just now (or has an undurable transition):
  /// then ask it by a message.
  [[nodiscard]] bool try_admit(admission_grant& into, timestamp now) noexcept {
    admission_word::view seen = word.load();
    while (seen.open() && is_settled() && seen.in_flight() < admission_word::in_flight_max) {
      // Read before the swap: the actor closes the word before it writes them, so that a won swap
      // proves them current.
      into = {.generation = seen.generation(),
              .version = version.load(std::memory_order_relaxed),
              .held = held.load(std::memory_order_relaxed)};
      if (word.try_admit(seen)) {
        touch(now);
        return true;
      }
    }
    return false;
  }
};
static_assert(sizeof(hot_line) == 64);

}  // namespace fsm::detail
