#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Where the figures come from.
struct machine {
  unsigned cores = 0;
  std::string cpu;
  std::uint64_t memory_bytes = 0;

  /// On one line: "2 cores, AMD EPYC, 23.0 GiB".
  [[nodiscard]] std::string to_string() const;
};
[[nodiscard]] machine this_machine();

/// What was built, and how.
struct build {
  std::string version;
  /// `git describe` when the build was configured, or "unknown".
  std::string commit;
  std::string type;
  std::string compiler;
  /// Reasons why the figures are not to be trusted: assertions, sanitizers, no optimisation.
  std::vector<std::string> warnings;
};
[[nodiscard]] build this_build();

/// Memory of this process that is resident now.
[[nodiscard]] std::uint64_t resident_bytes();
/// The same after giving freed memory back to the system, so that growth from here on is new
/// memory.
[[nodiscard]] std::uint64_t resident_bytes_trimmed();

/// Memory that can still be taken without swapping, within the limits of this process's control
/// group.
[[nodiscard]] std::uint64_t available_bytes();

/// "1.5 GiB".
[[nodiscard]] std::string in_gibibytes(std::uint64_t bytes);

}  // namespace bench
