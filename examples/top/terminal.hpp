#pragma once

#include "screen.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace top {

/// The terminal as a screen of lines, until this is destroyed; then it is as it was. One at a time.
class terminal {
public:
  terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  ~terminal();

  [[nodiscard]] screen_size size() const;
  void show(const std::vector<std::string>& lines);
  /// Whether q was typed, or a signal asks to end. Looks at the keys that have been typed.
  [[nodiscard]] bool quit_asked();
  /// Waits, or until it is asked to quit.
  void wait(std::chrono::milliseconds span);

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace top
