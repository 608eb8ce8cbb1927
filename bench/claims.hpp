#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace bench {

/// Which functions somebody is at, one bit each, so that no two calls work on the same one at once.
/// Any thread.
class claims {
public:
  explicit claims(std::uint64_t count) : words_(count / bits_per_word + 1) {}

  /// True when nobody else had it; then it is the caller's until `give_back`.
  [[nodiscard]] bool try_take(std::uint64_t which) noexcept {
    const auto bit = std::uint64_t{1} << (which % bits_per_word);
    auto& word = words_[which / bits_per_word];
    if ((word.load(std::memory_order_relaxed) & bit) != 0) return false;
    return (word.fetch_or(bit, std::memory_order_acquire) & bit) == 0;
  }

  void give_back(std::uint64_t which) noexcept {
    const auto bit = std::uint64_t{1} << (which % bits_per_word);
    words_[which / bits_per_word].fetch_and(~bit, std::memory_order_release);
  }

private:
  static constexpr std::uint64_t bits_per_word = 64;
  std::vector<std::atomic<std::uint64_t>> words_;
};

}  // namespace bench
