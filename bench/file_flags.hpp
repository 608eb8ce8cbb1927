#pragma once

#include "flags.hpp"

namespace CLI {
class App;
}

namespace bench {

/// The commands that read result files, for `parse`. Both outlive `app`.
CLI::App* add_report_command(CLI::App& app, report_call& call);
CLI::App* add_compare_command(CLI::App& app, compare_call& call);

/// Throw `usage_error`.
void check(const report_call& call);
void check(const compare_call& call);

}  // namespace bench
