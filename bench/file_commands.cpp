#include "file_commands.hpp"

#include "compare.hpp"
#include "page/format.hpp"
#include "page/page.hpp"

#include <fstream>
#include <iostream>

namespace bench {
namespace {

/// Prints what is too slow, or that there is nothing to judge. True when all is well.
bool judge(std::ostream& out, const file_comparison& what, double limit) {
  if (what.rows.empty()) {
    out << "FAILED: no row of one file has a counterpart in the other\n";
    return false;
  }
  const auto which = differences(what);
  const auto slow = what.below(limit);
  for (const auto* const each : slow) {
    out << "FAILED: " << label_of(each->before.key, which) << ": new/old is "
        << ratio_text(*each->ratio) << ", below " << ratio_text(limit);
    if (each->verdict == verdict::within_spread) out << " (within the spread)";
    out << '\n';
  }
  return slow.empty();
}

}  // namespace

void write_text(const std::string& where, const std::string& text) {
  if (where.empty()) return;
  if (where == "-") {
    if (!(std::cout << text << std::flush)) throw std::runtime_error{"cannot write to stdout"};
    return;
  }
  std::ofstream file{where, std::ios::binary};
  if (!(file << text << std::flush)) throw std::runtime_error{"cannot write to " + where};
}

void write_report(const report_call& call) {
  std::vector<result_file> files;
  files.reserve(call.files.size());
  for (const auto& each : call.files) files.push_back(read_result_file(each));
  write_text(call.output, to_html(facts_from(files)));
}

bool compare(const compare_call& call) {
  const auto what = compare_files(read_result_file(call.before), read_result_file(call.after));
  std::ostream& out = call.json_file == "-" ? std::cerr : std::cout;
  print_comparison(out, what);
  const bool passed = judge(out, what, call.fail_below);
  write_text(call.json_file, to_json(what));
  return passed;
}

}  // namespace bench
