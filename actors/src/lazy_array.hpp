#pragma once

#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <type_traits>

namespace fsm::detail {

/// An array of zeroes that takes memory only where it has been written. Throws `std::bad_alloc`
/// when there is no address space left.
template <class T>
class lazy_array {
  static_assert(std::is_trivially_destructible_v<T>);

public:
  explicit lazy_array(std::size_t size) : bytes_{size * sizeof(T)} {
    void* const got = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc{};
    data_ = static_cast<T*>(got);
  }
  lazy_array(const lazy_array&) = delete;
  lazy_array& operator=(const lazy_array&) = delete;
  ~lazy_array() { ::munmap(data_, bytes_); }

  [[nodiscard]] T& operator[](std::size_t index) noexcept { return data_[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return data_[index]; }

private:
  std::size_t bytes_;
  T* data_ = nullptr;
};

}  // namespace fsm::detail
