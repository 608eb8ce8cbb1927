#pragma once

#include "huge_pages.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace fsm::detail {

/// Memory for tables whose sizes are powers of two: small ones from the heap, middle-sized ones
/// side by side in huge pages, large ones in huge pages of their own. Thread-safe.
class table_memory {
public:
  /// `bytes` (a power of two, at least 64) of zeroes, aligned to a cache line. Throws
  /// `std::bad_alloc`.
  [[nodiscard]] void* take(std::size_t bytes);
  /// Gives back what `take(bytes)` gave.
  void give(void* what, std::size_t bytes) noexcept;

private:
  static constexpr std::size_t blocks_max = 64;
  static constexpr std::size_t smallest_block = huge_page_bytes / blocks_max;

  /// A huge page cut into blocks of one size.
  struct page {
    huge_mapping memory;
    std::uint64_t free = 0;   // A bit per block.
    std::uint64_t clean = 0;  // Those never used, which are still zero.
  };
  [[nodiscard]] static page make_page(std::size_t block_bytes);
  [[nodiscard]] void* take_block(std::size_t bytes);
  void give_block(void* what, std::size_t bytes) noexcept;

  std::mutex mutex_;
  std::map<std::size_t, std::vector<page>> pages_;  // By size of block.
  std::map<void*, huge_mapping> large_;
};

}  // namespace fsm::detail
