#include "epoch.hpp"

#include "assert.hpp"
#include <fsm/detail/per_thread.hpp>

#include <linux/membarrier.h>

#include <algorithm>
#include <limits>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace fsm::detail {

namespace {

long membarrier(int command) noexcept { return ::syscall(__NR_membarrier, command, 0, 0); }

/// All readers there have ever been; the list only grows, up to the most threads at one time.
constinit std::atomic<epoch_reader*> readers{nullptr};

/// Gives the reader of a thread that ends to whoever comes next.
struct reader_lease {
  epoch_reader* mine = nullptr;
  epoch_reader** known_as = nullptr;
  ~reader_lease() {
    if (mine == nullptr) return;
    *known_as = nullptr;
    mine->taken.store(false, std::memory_order_release);
  }
};

epoch_reader& take_reader() {
  for (epoch_reader* r = readers.load(std::memory_order_acquire); r != nullptr; r = r->next) {
    bool taken = false;
    if (r->taken.compare_exchange_strong(taken, true, std::memory_order_acq_rel)) return *r;
  }
  static std::atomic<std::uint32_t> made_so_far{0};
  auto* const made = new epoch_reader;
  made->number = made_so_far.fetch_add(1, std::memory_order_relaxed);
  made->next = readers.load(std::memory_order_relaxed);
  while (!readers.compare_exchange_weak(made->next, made, std::memory_order_acq_rel)) {
  }
  return *made;
}

/// Every thread of the process passes a fence.
void fence_everywhere(bool has_membarrier) noexcept {
#if !defined(__SANITIZE_THREAD__)
  if (has_membarrier) {
    const long done = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    FSM_ASSERT(done == 0);
    return;
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
#else
  static_cast<void>(has_membarrier);
#endif
}

}  // namespace

constinit thread_local epoch_reader* epoch_domain::this_reader_ = nullptr;
constinit std::atomic<std::uint64_t> epoch_domain::epoch_{1};
const bool epoch_domain::has_membarrier_ =
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;

epoch_domain::~epoch_domain() {
  for (retired& item : retired_) item.release();
}

epoch_reader& epoch_domain::make_reader() noexcept {
  epoch_reader& mine = take_reader();
  auto& lease = per_thread<reader_lease>();
  lease.mine = this_reader_ = &mine;
  lease.known_as = &this_reader_;
  return mine;
}

std::uint64_t epoch_domain::oldest_reader() noexcept {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const epoch_reader* r = readers.load(std::memory_order_acquire); r != nullptr; r = r->next) {
    const std::uint64_t entered = r->entered.load(std::memory_order_seq_cst);
    if (entered != 0) oldest = std::min(oldest, entered);
  }
  return oldest;
}

void epoch_domain::retire(std::function<void()> release) {
  const std::lock_guard lock{mutex_};
  // Whoever reads a later epoch than this one has seen everything done before it was left.
  const std::uint64_t now = epoch_.fetch_add(1, std::memory_order_seq_cst);
  retired_.push_back({now, std::move(release)});
  retired_count_.store(retired_.size(), std::memory_order_relaxed);
}

void epoch_domain::collect(std::size_t worth) {
  if (retired_count_.load(std::memory_order_relaxed) < std::max<std::size_t>(worth, 1)) return;
  std::vector<retired> freed;
  {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock.owns_lock()) return;
    fence_everywhere(has_membarrier_);
    const std::uint64_t oldest = oldest_reader();
    // In the order of their epochs.
    const auto end = std::find_if(retired_.begin(), retired_.end(),
                                  [oldest](const retired& item) { return item.epoch >= oldest; });
    freed.assign(std::make_move_iterator(retired_.begin()), std::make_move_iterator(end));
    retired_.erase(retired_.begin(), end);
    retired_count_.store(retired_.size(), std::memory_order_relaxed);
  }
  for (retired& item : freed) item.release();
}

void epoch_domain::synchronize() noexcept {
  FSM_ASSERT(this_reader_ == nullptr || this_reader_->depth == 0);
  const std::uint64_t now = epoch_.fetch_add(1, std::memory_order_seq_cst);
  fence_everywhere(has_membarrier_);
  while (oldest_reader() <= now) std::this_thread::yield();
}

}  // namespace fsm::detail
