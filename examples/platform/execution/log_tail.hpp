#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace platform::execution {

/// The last 4 KB of what a process writes, however much that is.
class log_tail {
public:
  static constexpr std::size_t bytes_max = 4096;

  void append(std::string_view text) {
    if (text.size() > bytes_max) text.remove_prefix(text.size() - bytes_max);
    text_ += text;
    // Moved together now and then, not at each piece.
    if (text_.size() > 4 * bytes_max) text_.erase(0, text_.size() - bytes_max);
  }

  /// Gives what there is and begins anew.
  [[nodiscard]] std::string take() {
    std::string result;
    result.swap(text_);
    if (result.size() > bytes_max) result.erase(0, result.size() - bytes_max);
    return result;
  }

private:
  std::string text_;
};

}  // namespace platform::execution
