#pragma once

#include <fsm/time.hpp>

#include <rocksdb/slice.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fsm::rocks {

/// Keys are numbers, the highest byte first, so that their order is that of the numbers.
template <std::size_t Size>
class key {
public:
  operator rocksdb::Slice() const noexcept {  // NOLINT(google-explicit-constructor)
    return {bytes_.data(), Size};
  }

  template <class Number>
  constexpr key& add(Number number) noexcept {
    for (std::size_t i = sizeof(Number); i-- > 0;)
      bytes_[used_++] = static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
    return *this;
  }

private:
  std::array<char, Size> bytes_{};
  std::size_t used_ = 0;
};

/// Of functions, last_used, and (for a sequence) events.
inline key<8> number_key(std::uint64_t number) noexcept { return key<8>{}.add(number); }
/// Of documents (a version) and owed_releases (an attempt).
inline key<12> pair_key(std::uint64_t uid, std::uint32_t number) noexcept {
  return key<12>{}.add(uid).add(number);
}
/// Of history (a place in the ring) and texts (`text_kind`).
inline key<9> part_key(std::uint64_t uid, std::uint8_t part) noexcept {
  return key<9>{}.add(uid).add(part);
}

/// Reads a number at a place of a key or value. The caller has seen that it is there.
template <class Number>
[[nodiscard]] Number number_at(const rocksdb::Slice& bytes, std::size_t at) noexcept {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number = static_cast<Number>((number << 8U) | static_cast<unsigned char>(bytes[at + i]));
  return number;
}

/// A time is kept as its milliseconds since 1970.
inline std::uint64_t number_of(timestamp at) noexcept {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}
[[nodiscard]] inline timestamp time_at(const rocksdb::Slice& bytes, std::size_t at) noexcept {
  return timestamp{duration{static_cast<std::int64_t>(number_at<std::uint64_t>(bytes, at))}};
}

/// A text belongs to the State or to LastUpdateStatus.
enum class text_kind : std::uint8_t { state = 0, update = 1 };

}  // namespace fsm::rocks
