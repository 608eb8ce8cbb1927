#include "function_pool.hpp"

#include "function_actor.hpp"

#include <new>
#include <sys/mman.h>

namespace fsm::detail {

namespace {

constexpr std::uintptr_t chunk_mask = function_pool::chunk_bytes - 1;

}  // namespace

function_pool::function_pool(core& owner, std::size_t functions_max)
    : owner_{&owner}, slots_max_{static_cast<std::uint32_t>(functions_max)} {
  const std::size_t chunks = (functions_max + slots_per_chunk - 1) / slots_per_chunk;
  memory_bytes_ = (chunks + 1) * chunk_bytes;  // One more, to begin at a chunk's boundary.
  void* got = ::mmap(nullptr, memory_bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) throw std::bad_alloc{};
  const auto address = reinterpret_cast<std::uintptr_t>(got);
  const std::uintptr_t aligned = (address + chunk_mask) & ~chunk_mask;
  if (aligned != address) ::munmap(got, aligned - address);
  memory_bytes_ -= aligned - address;
  memory_ = reinterpret_cast<std::byte*>(aligned);
  // Functions are visited in random order: with small pages most of the time goes into page-table
  // walks.
  ::madvise(memory_, memory_bytes_, MADV_HUGEPAGE);
}

function_pool::~function_pool() { ::munmap(memory_, memory_bytes_); }

function_pool& function_pool::of(const void* inside) noexcept {
  const auto chunk = reinterpret_cast<std::uintptr_t>(inside) & ~chunk_mask;
  return *reinterpret_cast<const chunk_header*>(chunk)->pool;
}

std::uint32_t function_pool::slot_of(const function_actor* who) const noexcept {
  const auto offset = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(who) - memory_);
  const std::size_t chunk = offset / chunk_bytes;
  const std::size_t within = (offset % chunk_bytes - header_bytes) / slot_bytes;
  return static_cast<std::uint32_t>(chunk * slots_per_chunk + within);
}

std::uint32_t function_pool::take() {
  const std::lock_guard lock{mutex_};
  std::uint32_t slot = no_slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
    word(slot).reset();
  } else {
    slot = used_.load(std::memory_order_relaxed);
    if (slot == slots_max_) return no_slot;
    if (slot % slots_per_chunk == 0) {
      new (memory_ + slot / slots_per_chunk * chunk_bytes) chunk_header{this};
    }
    new (&word(slot)) admission_word;
    head(slot).wheel_next = head(slot).wheel_previous = slot_head::unlinked;
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
