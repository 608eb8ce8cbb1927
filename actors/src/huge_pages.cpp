#include "huge_pages.hpp"

#include <cstdint>
#include <new>
#include <sys/mman.h>

namespace fsm::detail {

huge_mapping::huge_mapping(std::size_t bytes)
    : bytes_{(bytes + huge_page_bytes - 1) & ~(huge_page_bytes - 1)} {
  const std::size_t more = bytes_ + huge_page_bytes;  // To find a boundary inside.
  void* const got = ::mmap(nullptr, more, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) throw std::bad_alloc{};
  const std::size_t before =
      (huge_page_bytes - reinterpret_cast<std::uintptr_t>(got)) & (huge_page_bytes - 1);
  data_ = static_cast<std::byte*>(got) + before;
  if (before != 0) ::munmap(got, before);
  if (before != huge_page_bytes) ::munmap(data_ + bytes_, huge_page_bytes - before);
  ::madvise(data_, bytes_, MADV_HUGEPAGE);
}

huge_mapping::~huge_mapping() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace fsm::detail
