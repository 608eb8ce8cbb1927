#include "epoch.hpp"

#include <thread>
#include <utility>

namespace fsm::detail {

namespace {

/// Each thread's stripe: threads take numbers in turn, so that few share one.
std::size_t stripe_of_this_thread() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

epoch_domain::~epoch_domain() {
  for (retired& item : retired_) item.release();
}

std::atomic<std::uint64_t>& epoch_domain::enter() noexcept {
  stripe& mine = stripes_[stripe_of_this_thread() % stripes];
  for (;;) {
    const std::uint64_t epoch = epoch_.load(std::memory_order_seq_cst);
    auto& counter = mine.readers[epoch & 1U];
    counter.fetch_add(1, std::memory_order_seq_cst);
    // Whoever moved the epoch on in between may not have seen this reader; then it counts itself in
    // again.
    if (epoch_.load(std::memory_order_seq_cst) == epoch) return counter;
    counter.fetch_sub(1, std::memory_order_release);
  }
}

bool epoch_domain::empty(std::uint64_t parity) const noexcept {
  for (const stripe& s : stripes_) {
    if (s.readers[parity].load(std::memory_order_seq_cst) != 0) return false;
  }
  return true;
}

bool epoch_domain::try_advance() noexcept {
  const std::uint64_t epoch = epoch_.load(std::memory_order_relaxed);
  if (!empty((epoch + 1) & 1U)) return false;  // Readers of the previous epoch are still in.
  epoch_.store(epoch + 1, std::memory_order_seq_cst);
  return true;
}

void epoch_domain::retire(std::function<void()> release) {
  const std::lock_guard lock{mutex_};
  retired_.push_back({epoch_.load(std::memory_order_relaxed), std::move(release)});
}

void epoch_domain::collect() {
  std::vector<retired> freed;
  {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock.owns_lock() || retired_.empty()) return;
    for (int i = 0; i < 2 && try_advance(); ++i) {
    }
    const std::uint64_t epoch = epoch_.load(std::memory_order_relaxed);
    std::size_t kept = 0;
    for (retired& item : retired_) {
      // A reader of epoch e may still be in until epoch e + 2 begins.
      if (item.epoch + 2 <= epoch) {
        freed.push_back(std::move(item));
      } else {
        retired_[kept++] = std::move(item);
      }
    }
    retired_.resize(kept);
  }
  for (retired& item : freed) item.release();
}

void epoch_domain::synchronize() noexcept {
  const std::uint64_t target = epoch_.load(std::memory_order_seq_cst) + 2;
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      if (epoch_.load(std::memory_order_relaxed) >= target) return;
      if (try_advance()) continue;
    }
    std::this_thread::yield();
  }
}

}  // namespace fsm::detail
