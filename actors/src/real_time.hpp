#pragma once

#include <fsm/time.hpp>

namespace fsm::detail {

/// Time that passes for this process, from any beginning, whatever the runtime's clock says: only
/// for how long a thread waits. Defined beside the machine's clock.
[[nodiscard]] duration real_time() noexcept;

}  // namespace fsm::detail
