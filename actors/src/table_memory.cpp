#include "table_memory.hpp"

#include "assert.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace fsm::detail {

void* table_memory::take(std::size_t bytes) {
  FSM_ASSERT(std::has_single_bit(bytes) && bytes >= 64);
  if (bytes < smallest_block) {
    void* const got = ::operator new(bytes, std::align_val_t{64});
    return std::memset(got, 0, bytes);
  }
  const std::lock_guard lock{mutex_};
  if (bytes < huge_page_bytes) return take_block(bytes);
  huge_mapping memory{bytes};
  void* const got = memory.data();
  large_.emplace(got, std::move(memory));
  return got;
}

void table_memory::give(void* what, std::size_t bytes) noexcept {
  if (bytes < smallest_block) {
    ::operator delete(what, std::align_val_t{64});
    return;
  }
  const std::lock_guard lock{mutex_};
  if (bytes < huge_page_bytes) {
    give_block(what, bytes);
  } else {
    large_.erase(what);
  }
}

table_memory::page table_memory::make_page(std::size_t block_bytes) {
  const std::size_t blocks = huge_page_bytes / block_bytes;
  const std::uint64_t all = blocks == blocks_max ? ~std::uint64_t{0} : (1ULL << blocks) - 1;
  return {huge_mapping{huge_page_bytes}, all, all};
}

void* table_memory::take_block(std::size_t bytes) {
  std::vector<page>& pages = pages_[bytes];
  auto at = std::find_if(pages.begin(), pages.end(), [](const page& p) { return p.free != 0; });
  if (at == pages.end()) at = pages.insert(at, make_page(bytes));
  const auto block = static_cast<std::size_t>(std::countr_zero(at->free));
  const std::uint64_t bit = std::uint64_t{1} << block;
  std::byte* const got = at->memory.data() + block * bytes;
  at->free &= ~bit;
  if ((at->clean & bit) == 0) std::memset(got, 0, bytes);
  at->clean &= ~bit;
  return got;
}

void table_memory::give_block(void* what, std::size_t bytes) noexcept {
  const auto* const block = static_cast<std::byte*>(what);
  std::vector<page>& pages = pages_[bytes];
  const auto at = std::find_if(pages.begin(), pages.end(), [block](const page& p) {
    return block >= p.memory.data() && block < p.memory.data() + huge_page_bytes;
  });
  FSM_ASSERT(at != pages.end());
  at->free |= std::uint64_t{1} << (static_cast<std::size_t>(block - at->memory.data()) / bytes);
  if (static_cast<std::size_t>(std::popcount(at->free)) == huge_page_bytes / bytes) pages.erase(at);
}

}  // namespace fsm::detail
