#include "token_pool.hpp"

#include <algorithm>

namespace fsm::detail {

namespace {

constexpr std::int64_t at_hand_max = 64;

}  // namespace

bool token_pool::take_shared() noexcept {
  const std::lock_guard lock{mutex_};
  gather();
  if (shared_ <= 0) return false;
  --shared_;
  // The fewer there are, the fewer lie where others have to look for them.
  const auto share = std::min(at_hand_max, shared_ / static_cast<std::int64_t>(2 * shard_count));
  shared_ -= share;
  mine().tokens.fetch_add(share, std::memory_order_release);
  return true;
}

void token_pool::resize(std::int64_t by) noexcept {
  const std::lock_guard lock{mutex_};
  shared_ += by;
  gather();
}

void token_pool::gather() noexcept {
  for (shard& each : shards_) {
    if (each.tokens.load(std::memory_order_relaxed) > 0)
      shared_ += each.tokens.exchange(0, std::memory_order_acquire);
  }
  in_debt_.store(shared_ < 0, std::memory_order_release);
}

std::int64_t token_pool::free() const noexcept {
  const std::lock_guard lock{mutex_};
  auto result = shared_;
  for (const shard& each : shards_) result += each.tokens.load(std::memory_order_relaxed);
  return result;
}

}  // namespace fsm::detail
