#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace fsm::detail {

/// Lets readers look at shared memory without a lock, and writers free it once nobody can be
/// looking any more.
///
/// A reader counts itself in on a line of its own (striped by thread) under the parity of the
/// current epoch. Memory is retired under the current epoch. The epoch moves on when the previous
/// parity has no readers left; what was retired two epochs ago can then be freed. Readers never
/// wait.
class epoch_domain {
public:
  /// While one lives, nothing retired after its creation is freed. Short-lived; may be nested.
  class pin {
  public:
    explicit pin(epoch_domain& domain) noexcept : counter_{&domain.enter()} {}
    pin(const pin&) = delete;
    pin& operator=(const pin&) = delete;
    ~pin() { counter_->fetch_sub(1, std::memory_order_release); }

  private:
    std::atomic<std::uint64_t>* counter_;
  };

  epoch_domain() = default;
  epoch_domain(const epoch_domain&) = delete;
  epoch_domain& operator=(const epoch_domain&) = delete;
  /// Frees what is still retired. There must be no readers left.
  ~epoch_domain();

  /// Calls `release` once no reader that is in now can still be in. Any thread.
  void retire(std::function<void()> release);

  /// Frees what can be freed, without waiting. Any thread; one at a time does the work, others
  /// return at once.
  void collect();

  /// Waits until everybody who is in now has left. Must not be called while pinned.
  void synchronize() noexcept;

private:
  static constexpr std::size_t stripes = 64;
  struct alignas(64) stripe {
    std::array<std::atomic<std::uint64_t>, 2> readers{};
  };
  struct retired {
    std::uint64_t epoch;
    std::function<void()> release;
  };

  [[nodiscard]] std::atomic<std::uint64_t>& enter() noexcept;
  [[nodiscard]] bool empty(std::uint64_t parity) const noexcept;
  [[nodiscard]] bool try_advance() noexcept;

  std::array<stripe, stripes> stripes_{};
  std::atomic<std::uint64_t> epoch_{2};
  std::mutex mutex_;  // Guards retired_ and moving the epoch on.
  std::vector<retired> retired_;
};

}  // namespace fsm::detail
