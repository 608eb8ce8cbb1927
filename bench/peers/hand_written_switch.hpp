#pragma once

#include <fsm/step.hpp>

namespace bench {

/// What `fsm::step` does, as nested `switch` statements written by hand: the situation outside, the
/// event inside, no table. Gives the same outcome in all but `rule`, which stays null: there are no
/// rows to point to. Pure.
[[nodiscard]] fsm::outcome hand_written_step(const fsm::lifecycle_record& record,
                                             const fsm::happening& what,
                                             const fsm::lifecycle_policy& policy = {}) noexcept;

}  // namespace bench
