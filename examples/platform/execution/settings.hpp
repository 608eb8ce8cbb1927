#pragma once

#include "code/package.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform::execution {

/// What an execution environment has to know of its version.
struct settings {
  /// The function's name, without version.
  std::string function;
  /// "$LATEST" or a number.
  std::string version;
  /// "python3.12"; "" for an image.
  std::string runtime;
  std::string handler;
  /// Where its log would be.
  std::string log_group;
  std::uint32_t memory_mb = 128;
  /// Room in /tmp.
  std::uint32_t scratch_mb = 512;
  /// The function's own environment.
  std::vector<std::pair<std::string, std::string>> variables;
  /// None = no byte of code was ever given.
  std::optional<code::package> package;

  [[nodiscard]] bool is_empty() const noexcept { return !package && !runtime.empty(); }
};

/// Reads a version's document; `name` is what has the lifecycle. Defaults for what it does not say.
[[nodiscard]] settings read_settings(std::string_view name, std::string_view document);

/// What a process is told about where it runs.
struct surroundings {
  std::string region;
  /// Where it finds its code, and what belongs to its runtime.
  std::string task_root;
  std::string runtime_folder;
};

/// The environment variables of a process, as NAME=VALUE, with a log stream of its own. The
/// documented ones count more than the function's own. AWS_LAMBDA_RUNTIME_API is not among them: it
/// is known inside only.
[[nodiscard]] std::vector<std::string> environment_variables(const settings& of,
                                                             const surroundings& where);

}  // namespace platform::execution
