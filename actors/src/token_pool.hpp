#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace fsm::detail {

/// A number of tokens that many threads take and give back. Each thread has a few at hand, on a
/// cache line that hardly anybody else touches; only when these are used up are all looked through.
/// Never gives more than there are, and refuses only when it found none anywhere.
class token_pool {
public:
  explicit token_pool(std::int64_t tokens) noexcept : shared_{tokens} {}

  [[nodiscard]] bool take() noexcept {
    return (!in_debt_.load(std::memory_order_acquire) && take_from(mine())) || take_shared();
  }

  void give() noexcept {
    if (in_debt_.load(std::memory_order_acquire)) return resize(1);
    mine().tokens.fetch_add(1, std::memory_order_release);
  }

  /// Adds tokens, or takes some away for good. When not enough are there, those that are given back
  /// next are taken.
  void resize(std::int64_t by) noexcept;

  /// Tokens that are there; below 0 when some are still to be taken away. Exact when nobody takes
  /// or gives.
  [[nodiscard]] std::int64_t free() const noexcept;

private:
  struct alignas(64) shard {
    std::atomic<std::int64_t> tokens{0};
  };
  static constexpr std::size_t shard_count = 16;

  [[nodiscard]] static bool take_from(shard& which) noexcept {
    auto seen = which.tokens.load(std::memory_order_relaxed);
    while (seen > 0) {
      if (which.tokens.compare_exchange_weak(seen, seen - 1, std::memory_order_acquire,
                                             std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  [[nodiscard]] shard& mine() noexcept { return shards_[thread_number() % shard_count]; }
  [[nodiscard]] static std::size_t thread_number() noexcept {
    static std::atomic<std::size_t> threads{0};
    static thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
  }
  [[nodiscard]] bool take_shared() noexcept;
  // With the lock held: takes what all have at hand.
  void gather() noexcept;

  std::array<shard, shard_count> shards_;
  /// More tokens are out than there should be: none may be kept at hand.
  alignas(64) std::atomic<bool> in_debt_{false};
  mutable std::mutex mutex_;
  std::int64_t shared_;
};

}  // namespace fsm::detail
