#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace dump {

/// Writes lines to a stream and remembers what became of them.
class line_writer {
public:
  /// `to` is borrowed.
  explicit line_writer(std::FILE* to) : to_{to} {}

  /// False when nobody takes any more lines.
  bool write(std::string line);
  /// Pushes out what is still on its way. Call it last.
  bool flush();

  /// Whether nobody takes any more lines.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Why the lines could not be written; "" when they were, or when their reader went away, which
  /// is its good right.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
  bool keep_going(bool written);

  std::FILE* to_;
  bool ended_ = false;
  std::string problem_;
};

}  // namespace dump
