#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace dump {

/// What `fsm-dump` was told on its command line. Every value has passed its rule.
struct flags {
  std::filesystem::path directory;
  /// Nothing but what concerns functions of this name; "" = everything.
  std::string function;
  bool documents = false;
  bool history = false;
  bool events = false;
  /// At most so many functions, and so many events.
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

/// Why there are no flags to go on with: what to print, and how to end.
struct flags_exit {
  int code = 2;
  std::string text;
};

/// Reads a command line. A bad flag ends with code 2 and one line that names it; `--help` with code
/// 0 and its text.
[[nodiscard]] tl::expected<flags, flags_exit> parse_flags(int argc, const char* const* argv);

}  // namespace dump
