// fsm-bench: see scenarios.cpp for what it measures, and docs/benchmarks.md for how.
#include "interrupt.hpp"
#include "peers.hpp"
#include "progress.hpp"
#include "scenarios.hpp"

#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace bench {
namespace {

enum exit_code { success = 0, failure = 1, usage = 2, interruption = 130 };

void print_list() {
  for (const auto& each : all_scenarios()) {
    std::cout << each.name << std::string(10 - each.name.size(), ' ') << each.meaning << '\n';
  }
}

/// Measures while a progress line shows how far it is.
measurement measure(workload& work, const std::string& label, const pace& how) {
  const progress_line progress{label, share_of_time(how.seconds)};
  return work.measure(how);
}

result run_scenario(const scenario& what, const settings& how) {
  const auto work = what.make(how);
  const std::string name{what.name};
  const pace speed{how.seconds, how.rate};
  result got{name, 0, how.threads, {}, 0, 0, 0};
  if (what.self_paced) {
    got.measured = work->measure(speed);
  } else {
    (void)measure(*work, name + ": warming up", {warm_up_seconds(how.seconds), how.rate});
    got.measured = measure(*work, name + ": measuring", speed);
  }
  got.functions = work->functions();
  got.ops_per_second = got.measured.ops_per_second();
  got.bytes_per_function = work->bytes_per_function();
  got.rss_bytes = resident_bytes();
  return got;
}

/// What a reader must know about a result to read it rightly.
void print_remarks(std::ostream& out, const result& got, const settings& how) {
  if (got.measured.failures > 0) {
    out << "WARNING: " << got.scenario << ": " << got.measured.failures
        << " operations failed, the first: " << got.measured.first_failure << '\n';
  }
  if (how.rate > 0 && got.ops_per_second < 0.95 * how.rate) {
    out << "WARNING: " << got.scenario << " did not keep up with " << with_commas(how.rate)
        << "/s: its latencies grew until the end\n";
  }
}

exit_code run_scenarios(std::ostream& out, const invocation& call, report& all) {
  const auto& how = call.settings;
  for (const auto& name : call.scenarios) {
    require_memory(name, how.functions, find_scenario(name)->function_bytes, available_bytes());
  }
  print_header(out, all, how);
  exit_code code = success;
  for (const auto& name : call.scenarios) {
    if (interrupted()) break;
    auto got = run_scenario(*find_scenario(name), how);
    if (interrupted()) break;  // Half a measurement is none.
    if (got.measured.failures > 0) code = failure;
    all.results.push_back(std::move(got));
  }
  if (!all.results.empty()) print_table(out, all.results);
  for (const auto& got : all.results) print_remarks(out, got, how);
  return code;
}

exit_code compare_peers(std::ostream& out, const invocation& call, report& all) {
  require_memory_for_peers(call.settings, call.only, available_bytes());
  print_header(out, all, call.settings);
  const bool fine = run_peers(call.settings, call.only, all);
  if (!all.results.empty()) print_table(out, all.results);
  if (!all.ratios.empty()) out << '\n';
  print_ratios(out, all.ratios);
  return fine ? success : failure;
}

void write_json(const std::string& where, const report& all) {
  if (where.empty()) return;
  if (where == "-") {
    std::cout << to_json(all) << std::flush;
    return;
  }
  std::ofstream file{where};
  if (!(file << to_json(all) << std::flush)) {
    throw std::runtime_error{"cannot write the results to " + where};
  }
}

exit_code run(std::span<const char* const> arguments) {
  const auto call = parse(arguments);
  if (call.command == command::help) {
    std::cout << call.help_text;
    return success;
  }
  if (call.command == command::list) {
    print_list();
    return success;
  }
  catch_interrupts();
  report all{this_machine(), this_build(), {}, {}};
  std::ostream& out = call.settings.json_file == "-" ? std::cerr : std::cout;
  auto code = call.command == command::peers ? compare_peers(out, call, all)
                                             : run_scenarios(out, call, all);
  if (interrupted()) {
    out << "interrupted\n";
    code = interruption;
  }
  write_json(call.settings.json_file, all);
  return code;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    return bench::run({argv + 1, argv + argc});
  } catch (const bench::usage_error& wrong) {
    std::cerr << "fsm-bench: " << wrong.what() << '\n';
    return bench::usage;
  } catch (const std::exception& broken) {
    std::cerr << "fsm-bench: " << broken.what() << '\n';
    return bench::failure;
  }
}
