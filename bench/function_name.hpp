#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// One name of a population, made when it is needed: "function-0000000" and so on, 16 characters
/// each up to ten million functions.
class function_name {
public:
  function_name() = default;
  /// The name of function `index` among `count`.
  function_name(std::uint64_t index, std::uint64_t count) noexcept {
    std::size_t digits = 1;
    for (auto rest = count - 1; rest >= 10; rest /= 10) ++digits;
    if (digits < 7) digits = 7;
    length_ = prefix.size() + digits;
    prefix.copy(text_.data(), prefix.size());
    for (auto at = length_; at > prefix.size(); index /= 10) {
      text_[--at] = static_cast<char>('0' + index % 10);
    }
  }

  /// Which one a name is.
  [[nodiscard]] static std::uint64_t index_of(std::string_view name) noexcept {
    std::uint64_t index = 0;
    for (const char digit : name.substr(prefix.size())) {
      index = index * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return index;
  }

  [[nodiscard]] operator std::string_view() const noexcept {  // NOLINT(*-explicit-*): it is one.
    return {text_.data(), length_};
  }

private:
  static constexpr std::string_view prefix = "function-";

  std::array<char, 32> text_{};
  std::size_t length_ = 0;
};

}  // namespace bench
