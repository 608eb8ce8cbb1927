#pragma once

#include "execution/settings.hpp"
#include <fsm/expected.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace platform::execution {

/// The languages that functions can be written in, on this machine: "provided.*" brings its own
/// program, "python3.*" and "nodejs*" are run by the machine's interpreters.
class runtimes {
public:
  /// Looks for interpreters in `folders`, in this order.
  explicit runtimes(const std::vector<std::filesystem::path>& folders = {"/usr/local/bin",
                                                                         "/usr/bin"});

  /// What is executed for a function. Error: `invalid_argument`, with what is to be installed.
  [[nodiscard]] fsm::expected<std::vector<std::string>> command(const settings& of,
                                                                const surroundings& where) const;

  /// What there is, for the log: "python3=/usr/bin/python3.11 python3_version=3.11.2 node=none".
  /// Asks the interpreters. Blocks.
  [[nodiscard]] std::string describe() const;

  /// Writes what the interpreters start with into a folder. False if it cannot be written.
  [[nodiscard]] static bool write_bootstraps(const std::filesystem::path& folder);

private:
  [[nodiscard]] std::string find(const std::string& program) const;

  std::vector<std::filesystem::path> folders_;
  std::string python_;
  std::string node_;
};

}  // namespace platform::execution
