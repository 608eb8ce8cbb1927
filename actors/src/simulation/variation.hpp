#pragma once

#include <fsm/simulation.hpp>

namespace fsm::simulated {

/// The options that a seed chooses: short times, and queues that are small more often than not.
[[nodiscard]] options vary(options how, chance luck);

/// How often which of the faults in `allowed` comes: some never, most now and then, a few often.
void choose_faults(fault_plan& faults, std::uint64_t allowed, chance luck);

}  // namespace fsm::simulated
