#pragma once

#include "flags.hpp"

#include <cstdint>
#include <filesystem>

namespace bench {

/// The command of the process that `recover` starts, puts under load, and kills.
inline constexpr const char* recover_load_command = "recover-load";

/// Starts a runtime on the store in `how.storage.data`, which must hold `how.functions`, and
/// updates one after the other until the process is killed. Says "updated N" on stdout, the first
/// time when it serves. Ends when its stdin does, or after ten minutes. Throws `std::runtime_error`
/// when something fails.
void run_recover_load(const settings& how);

/// Starts that process, lets it make `updates` updates, and kills it with SIGKILL while it makes
/// more. False when interrupted. Throws `std::runtime_error` when it fails or does not get so far.
[[nodiscard]] bool kill_under_load(const settings& how, const std::filesystem::path& store,
                                   std::uint64_t updates);

}  // namespace bench
