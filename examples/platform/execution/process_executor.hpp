#pragma once

#include "execution/code_cache.hpp"
#include "execution/executor.hpp"
#include "execution/groups/control_groups.hpp"
#include "execution/sandbox/sandbox.hpp"
#include <fsm/clock.hpp>
#include <fsm/expected.hpp>
#include <fsm/time.hpp>

#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace platform::execution {

struct process_options {
  sandbox_options sandbox{};
  /// Whether control groups hold environments together, and bound their memory and processes.
  group_use groups = group_use::automatic;
  /// Environments that there may be at once; beyond it the one that has been idle longest gives
  /// way, and when none is, invocations are refused and starts wait. 0 = as many as the machine has
  /// memory for.
  std::size_t environments_max = 0;
  /// An environment that has not been used for this long is stopped.
  fsm::duration idle_after = std::chrono::minutes{10};
  /// How long one may take to become ready.
  std::chrono::seconds start_timeout{10};
  /// What functions are told about where they are.
  std::string region = "us-east-1";
  /// Where packages are unpacked, and removed again.
  std::filesystem::path folder = "/var/tmp";
  /// The program that a process starts with.
  std::filesystem::path environment_program{};
};

/// Runs versions as processes of this machine: one environment per concurrent invocation, used
/// again as long as there is work.
class process_executor : public executor {
public:
  /// Where packages come from. Nothing is started before: what was asked for until then waits.
  /// Once.
  virtual void attach(package_source packages) = 0;
};

/// Tries out what the machine allows, and removes what killed processes have left. Blocks. Error:
/// what is missing, in words.
[[nodiscard]] fsm::expected<std::shared_ptr<process_executor>> make_process_executor(
    process_options how, std::shared_ptr<fsm::clock> clock, std::shared_ptr<spdlog::logger> log);

/// How many environments there may be if so many are allowed; 0 = as many as the machine has memory
/// for.
[[nodiscard]] std::size_t environments_max(std::size_t allowed);
/// Files that one keeps open.
inline constexpr std::size_t files_per_environment = 12;

/// The program fsm-environment, beside the one that runs.
[[nodiscard]] std::filesystem::path environment_program_beside_this();

}  // namespace platform::execution
