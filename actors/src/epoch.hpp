#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace fsm::detail {

/// One thread that looks at shared memory: on a cache line of its own, which only it writes. Made
/// when a thread first comes, and used again by another one when it has ended.
struct alignas(64) epoch_reader {
  /// The epoch in which it went in; 0 = it is outside.
  std::atomic<std::uint64_t> entered{0};
  /// Pins of this thread that are alive; only its own.
  std::uint32_t depth = 0;
  std::atomic<bool> taken{true};
  /// No other one has it. Counted from 0; another thread gets it when this one has ended.
  std::uint32_t number = 0;
  epoch_reader* next = nullptr;
};

/// Lets readers look at shared memory without a lock, and writers free it once nobody can be
/// looking any more.
///
/// A reader notes the epoch in which it goes in, on a line of its own, and that it has left: two
/// plain stores. Memory is retired under the current epoch, which then moves on; it can be freed
/// when every reader that is in came later. So that readers need no fence, whoever frees makes all
/// threads of the process pass one first (membarrier). Readers never wait.
///
/// The epoch is the process's, as its threads are: readers of one domain may delay what another one
/// frees, nothing else.
class epoch_domain {
public:
  /// While one lives, nothing retired after its creation is freed. Short-lived; may be nested.
  /// Must end on the thread that made it.
  class pin {
  public:
    explicit pin(epoch_domain& /*domain*/) noexcept : reader_{enter()} {}
    pin(const pin&) = delete;
    pin& operator=(const pin&) = delete;
    ~pin() {
      if (--reader_.depth == 0) reader_.entered.store(0, std::memory_order_release);
    }

    /// The number of this thread among all that have ever looked.
    [[nodiscard]] std::uint32_t thread() const noexcept { return reader_.number; }

  private:
    epoch_reader& reader_;
  };

  epoch_domain() = default;
  epoch_domain(const epoch_domain&) = delete;
  epoch_domain& operator=(const epoch_domain&) = delete;
  /// Frees what is still retired. There must be no readers left.
  ~epoch_domain();

  /// Calls `release` once no reader that is in now can still be in. Any thread.
  void retire(std::function<void()> release);

  /// Frees what can be freed, without waiting, if at least `worth` things are retired: it costs all
  /// threads of the process a fence. Any thread; one at a time does the work, others return at
  /// once.
  void collect(std::size_t worth = 1);

  /// Waits until everybody who is in now has left. Must not be called while pinned.
  static void synchronize() noexcept;

private:
  struct retired {
    std::uint64_t epoch;
    std::function<void()> release;
  };

  [[nodiscard]] static epoch_reader& enter() noexcept {
    epoch_reader* const known = this_reader_;
    epoch_reader& mine = known != nullptr ? *known : make_reader();
    if (mine.depth++ == 0) go_in(mine);
    return mine;
  }
  static void go_in(epoch_reader& mine) noexcept {
#if defined(__SANITIZE_THREAD__)
    // The thread sanitizer knows neither fences nor membarrier.
    mine.entered.exchange(epoch_.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
#else
    mine.entered.store(epoch_.load(std::memory_order_acquire), std::memory_order_relaxed);
    if (has_membarrier_) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
#endif
  }
  [[nodiscard]] static epoch_reader& make_reader() noexcept;
  /// The oldest epoch in which somebody who is in went in; the highest number if nobody is.
  [[nodiscard]] static std::uint64_t oldest_reader() noexcept;

  static constinit thread_local epoch_reader* this_reader_;
  static constinit std::atomic<std::uint64_t> epoch_;
  static const bool has_membarrier_;

  std::mutex mutex_;  // Guards retired_.
  std::vector<retired> retired_;
  std::atomic<std::size_t> retired_count_{0};
};

}  // namespace fsm::detail
