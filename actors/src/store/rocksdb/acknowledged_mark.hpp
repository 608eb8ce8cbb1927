#pragma once

#include <fsm/expected.hpp>

#include <cstdint>
#include <string>

namespace fsm::rocks {

/// Up to which sequence transitions have been acknowledged.
struct acknowledged {
  std::uint64_t synced = 0;   ///< These were on the disk.
  std::uint64_t written = 0;  ///< These the operating system had, at least.
  /// Which start of the operating system that was. If it still runs, the power has not failed.
  std::string boot;
};

/// Which start of the operating system this is; "" if it does not say.
[[nodiscard]] std::string this_boot();

/// The file ACKNOWLEDGED. It is written after each commit of transitions and not synced itself (but
/// for its beginning), so after a loss of power it may be behind; what it calls synced is never
/// ahead of the disk. A store that ends before it has lost what was acknowledged: a log that was
/// cut short from outside looks like one that just ends, and only this file tells.
class acknowledged_mark {
public:
  acknowledged_mark() = default;
  acknowledged_mark(acknowledged_mark&& other) noexcept;
  acknowledged_mark& operator=(acknowledged_mark&& other) noexcept;
  ~acknowledged_mark();

  /// The mark in a directory; nothing if there is none or it was never completely written.
  [[nodiscard]] static acknowledged read(const std::string& directory);

  /// Opens the file, or makes it, for a store that has just been read and synced up to `sequence`;
  /// that is written and synced.
  [[nodiscard]] static expected<acknowledged_mark> open(const std::string& directory,
                                                        std::string boot, std::uint64_t sequence);

  /// A mark that cannot be written (the disk is full) stays where it was.
  void move_to(std::uint64_t sequence, bool synced) noexcept;

private:
  bool write() const noexcept;

  int file_ = -1;
  acknowledged at_;
};

}  // namespace fsm::rocks
