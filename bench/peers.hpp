#pragma once

#include "report.hpp"

namespace bench {

/// Throws `usage_error`, with the estimate, when the two sides of a comparison do not fit into
/// `available`.
void require_memory_for_peers(const settings& how, std::uint64_t available);

/// Measures each scenario and its peer in turns, several rounds of each, and adds results and
/// ratios to `out`. Quotes medians. Throws `std::runtime_error` when something fails.
void run_peers(const settings& how, report& out);

}  // namespace bench
