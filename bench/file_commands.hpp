#pragma once

#include "flags.hpp"

#include <string>

namespace bench {

/// Reads the files and writes the page. Throws `usage_error` when a file is not a result file,
/// `std::runtime_error` when the page cannot be written.
void write_report(const report_call& call);

/// Reads the files, prints how they compare and writes it as JSON if asked to. False when a row is
/// slower than the call allows, or when no row has a counterpart. Throws like `write_report`.
[[nodiscard]] bool compare(const compare_call& call);

/// Writes to a file; "-" = stdout, empty = nowhere. Throws `std::runtime_error` when that fails.
void write_text(const std::string& where, const std::string& text);

}  // namespace bench
