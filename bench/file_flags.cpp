#include "file_flags.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace bench {
namespace {

/// Says what cannot be written before any work is done. Leaves nothing behind: a file that was not
/// there is not there afterwards.
void require_writable(const std::string& flag, const std::string& path) {
  if (path == "-") return;
  std::error_code ignored;
  const bool existed = std::filesystem::exists(path, ignored);
  const bool writable = std::ofstream{path, std::ios::app}.is_open();
  if (writable && !existed) std::filesystem::remove(path, ignored);
  if (!writable) throw usage_error{flag + ": " + path + " is not a file that can be written"};
}

/// Writing there would destroy what is to be read.
void require_other_file(const std::string& flag, const std::string& output,
                        const std::string& input) {
  std::error_code ignored;
  if (!std::filesystem::equivalent(output, input, ignored)) return;
  throw usage_error{flag + ": " + output + " is one of the files to read"};
}

}  // namespace

CLI::App* add_report_command(CLI::App& app, report_call& call) {
  auto* const command = app.add_subcommand("report", "make a page with charts from result files");
  command->add_option("file", call.files, "result files that --json has written")->required();
  command->add_option("-o,--output", call.output, "the page, one HTML file; - = stdout")
      ->required();
  return command;
}

CLI::App* add_compare_command(CLI::App& app, compare_call& call) {
  auto* const command = app.add_subcommand("compare", "compare two result files, row by row");
  command->add_option("old", call.before, "the result file to compare with")->required();
  command->add_option("new", call.after, "the result file to be judged")->required();
  command->add_option("--fail-below", call.fail_below,
                      "exit with 1 when new/old ops/s of any row is below this, e.g. 0.9");
  command->add_option("--json", call.json_file, "write the comparison to this file, - = stdout");
  return command;
}

void check(const report_call& call) {
  require_writable("-o", call.output);
  for (const auto& each : call.files) require_other_file("-o", call.output, each);
}

void check(const compare_call& call) {
  if (!(call.fail_below >= 0 && call.fail_below <= 1000)) {
    std::ostringstream text;
    text << "--fail-below: " << call.fail_below << " is not between 0 and 1000";
    throw usage_error{text.str()};
  }
  if (call.json_file.empty()) return;
  require_writable("--json", call.json_file);
  require_other_file("--json", call.json_file, call.before);
  require_other_file("--json", call.json_file, call.after);
}

}  // namespace bench
