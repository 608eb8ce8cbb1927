#pragma once

#include <cstddef>
#include <utility>

namespace fsm::detail {

/// What the processors this is for call a huge page.
inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

/// Zeroed memory that begins at a huge page's boundary, in huge pages if the system gives any:
/// memory that is visited in random order would otherwise cost a walk through the page tables at
/// every visit. Pages take no memory before they are first written.
class huge_mapping {
public:
  huge_mapping() = default;
  /// Throws `std::bad_alloc` when there is no address space left.
  explicit huge_mapping(std::size_t bytes);
  huge_mapping(huge_mapping&& other) noexcept
      : data_{std::exchange(other.data_, nullptr)}, bytes_{std::exchange(other.bytes_, 0)} {}
  huge_mapping& operator=(huge_mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~huge_mapping();

  [[nodiscard]] std::byte* data() const noexcept { return data_; }

private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace fsm::detail
