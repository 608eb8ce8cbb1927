#include "function_pool.hpp"

#include "function_actor.hpp"

#include <new>

namespace fsm::detail {

namespace {

constexpr std::uintptr_t chunk_mask = function_pool::chunk_bytes - 1;

}  // namespace

void compact_name::assign(std::string_view text) {
  clear();
  char* target = bytes_;
  if (text.size() > in_place_max) {
    target = new char[text.size()];
    std::memcpy(bytes_, &target, sizeof target);
  }
  std::memcpy(target, text.data(), text.size());
  bytes_[in_place_max] = static_cast<char>(text.size());
}

void compact_name::clear() noexcept {
  if (length() > in_place_max) delete[] elsewhere();
  bytes_[in_place_max] = 0;
}

function_pool::function_pool(core& owner, std::shared_ptr<fsm::clock> clock,
                             std::size_t functions_max)
    : owner_{&owner},
      clock_{std::move(clock)},
      mapping_{(functions_max + slots_per_chunk - 1) / slots_per_chunk * chunk_bytes},
      memory_{mapping_.data()},
      slots_max_{static_cast<std::uint32_t>(functions_max)} {}

function_pool& function_pool::of(const void* inside) noexcept {
  const auto chunk = reinterpret_cast<std::uintptr_t>(inside) & ~chunk_mask;
  return *reinterpret_cast<const chunk_header*>(chunk)->pool;
}

std::uint32_t function_pool::take() {
  const std::lock_guard lock{mutex_};
  std::uint32_t slot = no_slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
    line(slot).word.reset();
  } else {
    slot = used_.load(std::memory_order_relaxed);
    if (slot == slots_max_) return no_slot;
    if (slot % slots_per_chunk == 0) {
      new (chunk_of(slot)) chunk_header{this};
    }
    new (&line(slot)) hot_line;
    head(slot).wheel_next = head(slot).wheel_previous = actor_head::unlinked;
    used_.store(slot + 1, std::memory_order_release);
  }
  retain();
  return slot;
}

void function_pool::give(std::uint32_t slot) noexcept {
  {
    const std::lock_guard lock{mutex_};
    free_.push_back(slot);
  }
  release();
}

void function_pool::disown() noexcept {
  users_.fetch_add(unknown_users, std::memory_order_relaxed);
  owner_.store(nullptr, std::memory_order_release);
  epochs.synchronize();
}

void function_pool::keep_for(std::uint64_t admissions) noexcept {
  release(unknown_users - (admissions - admitted_by_message.load(std::memory_order_relaxed)));
}

void function_pool::release(std::uint64_t users) noexcept {
  if (users_.fetch_sub(users, std::memory_order_acq_rel) == users) delete this;
}

}  // namespace fsm::detail
