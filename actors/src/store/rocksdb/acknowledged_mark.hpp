#pragma once

#include <fsm/expected.hpp>

#include <cstdint>
#include <string>

namespace fsm::rocks {

/// The file ACKNOWLEDGED: up to which sequence transitions have been acknowledged as synced. It is
/// written after each synced commit and not synced itself, so after a loss of power it may be
/// behind, never ahead. A store that ends before it has lost what was acknowledged: a log that was
/// cut short from outside looks like one that just ends, and only this file tells.
class acknowledged_mark {
public:
  acknowledged_mark() = default;
  acknowledged_mark(acknowledged_mark&& other) noexcept;
  acknowledged_mark& operator=(acknowledged_mark&& other) noexcept;
  ~acknowledged_mark();

  /// The mark in a directory, 0 if there is none or it was never completely written.
  [[nodiscard]] static std::uint64_t read(const std::string& directory);

  /// Opens the file to be moved on; makes it if necessary.
  [[nodiscard]] static expected<acknowledged_mark> open(const std::string& directory);

  /// A mark that cannot be written (the disk is full) stays where it was.
  void move_to(std::uint64_t sequence) noexcept;

private:
  int file_ = -1;
};

}  // namespace fsm::rocks
