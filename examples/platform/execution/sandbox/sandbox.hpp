#pragma once

#include "code/file.hpp"
#include <fsm/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace platform::execution {

/// Of the outside.
enum class network : std::uint8_t {
  none,  ///< Only what is in the environment itself.
  host,  ///< The machine's network, as the platform has it.
};

/// How environments are kept apart from the machine and from each other.
struct sandbox_options {
  /// False = not at all: the functions are trusted.
  bool on = true;
  network outside = network::none;
};

/// The walls of one environment.
struct cell {
  /// Counted from 0; no two that live have the same.
  std::uint32_t number = 0;
  std::filesystem::path code{};
  std::uint32_t scratch_mb = 512;
  /// What it enters its control group by.
  std::vector<std::string> doors{};
};

/// Puts processes into namespaces of their own (user, process, mount, network, IPC, host name),
/// with the code read-only, a /tmp of their own, no privileges, and a filter of system calls: by
/// bwrap, as a user without rights. If the platform is root, each has a user of its own.
class sandbox {
public:
  /// The group of all environments, and the first of their users: above all that Debian and systemd
  /// give out.
  static constexpr uid_t first_user = 1'879'048'192;

  /// Tries everything out. `home` is readable for the group `readers`, and holds what environments
  /// start with: the program fsm-environment, the bootstraps of the interpreters, and
  /// what `write_users` writes. Blocks.
  /// Error: what this machine does not allow, and what to do about it.
  [[nodiscard]] static fsm::expected<sandbox> open(const sandbox_options& how,
                                                   const std::filesystem::path& home);
  /// Writes to `home` how a function's user is called. False if it cannot be written.
  [[nodiscard]] static bool write_users(const std::filesystem::path& home);
  /// The group that has to be able to read `home` and the code.
  [[nodiscard]] static gid_t readers(const sandbox_options& how);

  /// What leads to `fsm-environment inside`, within the walls.
  [[nodiscard]] std::vector<std::string> command(const cell& of) const;
  /// The filter of system calls, to be read from the start; closed when there is none.
  [[nodiscard]] code::file open_filter() const;

  /// Where a process finds its code, and what belongs to its runtime.
  [[nodiscard]] std::string task_root(const cell& of) const;
  [[nodiscard]] std::string runtime_folder() const;

  /// What there is, for the log.
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] bool is_on() const noexcept { return how_.on; }

private:
  sandbox(const sandbox_options& how, std::filesystem::path home)
      : how_{how}, home_{std::move(home)} {}

  [[nodiscard]] fsm::expected<void> try_out();
  [[nodiscard]] std::vector<std::string> outside(const cell& of) const;
  [[nodiscard]] std::vector<std::string> walls(const cell& of) const;

  sandbox_options how_;
  std::filesystem::path home_;
  std::string bwrap_;
  code::file filter_;
  bool own_users_ = false;
};

}  // namespace platform::execution
