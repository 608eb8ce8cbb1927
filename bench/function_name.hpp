#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// One name of a population, made when it is needed instead of being kept: the same names as those
/// of a `name_list`.
class function_name {
public:
  function_name() = default;
  /// The name of function `index` among `count`.
  function_name(std::uint64_t index, std::uint64_t count) noexcept {
    constexpr std::string_view prefix = "function-";
    std::size_t digits = 1;
    for (auto rest = count - 1; rest >= 10; rest /= 10) ++digits;
    if (digits < 7) digits = 7;
    length_ = prefix.size() + digits;
    prefix.copy(text_.data(), prefix.size());
    for (auto at = length_; at > prefix.size(); index /= 10) {
      text_[--at] = static_cast<char>('0' + index % 10);
    }
  }

  [[nodiscard]] operator std::string_view() const noexcept {  // NOLINT(*-explicit-*): it is one.
    return {text_.data(), length_};
  }

private:
  std::array<char, 32> text_{};
  std::size_t length_ = 0;
};

}  // namespace bench
