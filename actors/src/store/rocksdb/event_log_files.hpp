#pragma once

#include "database.hpp"

namespace fsm::rocks {

/// Merges neighbouring files of the log of events that are small. Each start and each checkpoint
/// leaves one behind, a list of events opens them all, and only those are dropped that hold the
/// oldest events. Afterwards no four in a row would fit into one file of the usual size, but for
/// those that are damaged: they are left to whoever reads them. Nothing is done when the disk is
/// nearly full.
[[nodiscard]] expected<void> merge_small_files(const database& in);

}  // namespace fsm::rocks
