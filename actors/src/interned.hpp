#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace fsm::detail {

/// Numbers for things that many functions share, so that a function keeps a small index: tenants,
/// idle times. Thread-safe; looking a number up takes no lock.
template <class Value>
class interned {
public:
  /// At most `max` (up to 65,536) different values.
  explicit interned(std::size_t max) : max_{max} {}

  /// The index of `value`, or -1 when there is no room for another one.
  [[nodiscard]] std::int32_t index_of(const Value& value) {
    const std::lock_guard lock{mutex_};
    if (const auto found = indices_.find(value); found != indices_.end()) return found->second;
    if (indices_.size() == max_) return -1;
    const auto index = static_cast<std::int32_t>(indices_.size());
    std::atomic<page*>& where = pages_[indices_.size() / page_size];
    page* values = where.load(std::memory_order_relaxed);
    if (values == nullptr) {
      owned_[indices_.size() / page_size] = std::make_unique<page>();
      values = owned_[indices_.size() / page_size].get();
      where.store(values, std::memory_order_release);
    }
    (*values)[indices_.size() % page_size] = value;
    indices_.emplace(value, index);
    return index;
  }

  /// The value of an index that `index_of` gave, to this thread or to one that has told it.
  [[nodiscard]] const Value& operator[](std::size_t index) const noexcept {
    return (*pages_[index / page_size].load(std::memory_order_acquire))[index % page_size];
  }

private:
  static constexpr std::size_t page_size = 256;
  using page = std::array<Value, page_size>;

  std::size_t max_;
  std::mutex mutex_;  // Guards everything but reading pages_.
  std::array<std::atomic<page*>, page_size> pages_{};
  std::array<std::unique_ptr<page>, page_size> owned_;
  std::map<Value, std::int32_t> indices_;
};

}  // namespace fsm::detail
