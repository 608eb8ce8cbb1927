#pragma once

#include "code/code_store.hpp"
#include "flags.hpp"
#include "invoke/event_store.hpp"
#include <fsm/expected.hpp>
#include <fsm/store.hpp>
#include <fsm/time.hpp>

#include <spdlog/logger.h>

#include <memory>
#include <optional>

/// \file
/// Where the platform keeps its functions.

namespace platform {

/// The store that the flags ask for; nothing is opened yet. What it has to say goes to the log.
/// Error: the program was built without the store on disk.
[[nodiscard]] fsm::expected<std::shared_ptr<fsm::store>> make_store(
    const flags& how, const std::shared_ptr<spdlog::logger>& log);

/// Opens the place where the code of the functions is kept, beside the store that the flags ask
/// for, which must be open.
[[nodiscard]] fsm::expected<std::unique_ptr<code::code_store>> make_code_store(const flags& how);

/// Where the flags want events to be kept. To be opened after the store of functions, which sees to
/// it that nobody else has the directory.
[[nodiscard]] fsm::expected<std::unique_ptr<invoke::event_store>> open_event_store(
    const flags& how);

/// When the last platform on this data directory was last known to be alive. None if there was none
/// or it cannot be read; opening the store will say why.
[[nodiscard]] std::optional<fsm::timestamp> last_alive(const flags& how);

}  // namespace platform
