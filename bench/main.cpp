// fsm-bench: see scenarios.cpp for what it measures, and docs/benchmarks.md for how.
#include "data_directory.hpp"
#include "file_commands.hpp"
#include "interrupt.hpp"
#include "peers.hpp"
#include "progress.hpp"
#include "recover_load.hpp"
#include "scenarios.hpp"

#include <cmath>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace bench {
namespace {

enum exit_code { success = 0, failure = 1, usage = 2, interruption = 130 };

void print_list() {
  for (const auto& each : all_scenarios()) {
    std::cout << each.name << std::string(16 - each.name.size(), ' ') << each.meaning << '\n';
  }
}

/// Measures while a progress line shows how far it is.
measurement measure(workload& work, const std::string& label, const pace& how) {
  const progress_line progress{label, share_of_time(how.seconds)};
  return work.measure(how);
}

/// Measures once; its stores on disk are gone afterwards, unless the user named their place.
result run_scenario(const scenario& what, settings how) {
  how.storage.label = what.name;
  const std::string name{what.name};
  const pace speed{how.seconds, how.rate};
  result got{name, 0, how.threads, {}, 0, 0, 0};
  {
    const auto work = what.make(how);
    if (what.self_paced) {
      got.measured = work->measure(speed);
    } else {
      (void)measure(*work, name + ": warming up", {warm_up_seconds(how.seconds), how.rate});
      if (how.storage.meter) (void)how.storage.meter->take();
      got.measured = measure(*work, name + ": measuring", speed);
    }
    got.functions = work->functions();
    got.ops_per_second = got.measured.ops_per_second();
    got.bytes_per_function = work->bytes_per_function();
    got.rss_bytes = work->rss_bytes() > 0 ? work->rss_bytes() : resident_bytes();
  }
  if (how.storage.meter)
    note_commits(got.measured, how.storage.meter->take(),
                 what.self_paced ? 0 : got.measured.seconds);
  if (how.storage.directory) how.storage.directory->remove_unless_kept();
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
  if (const auto share = got.measured.slowest_thread_share; share && *share < 0.5) {
    out << "WARNING: " << got.scenario << ": the slowest thread did only "
        << std::lround(*share * 100) << " % of the mean of all threads\n";
  }
  for (const auto& remark : got.measured.more.remarks)
    out << got.scenario << ": " << remark << '\n';
  print_targets(out, got);
}

/// One measurement of the many a call asks for.
struct planned_run {
  const scenario* what;
  std::uint64_t functions;
};

/// Everything once, then once more: what changes on the machine meanwhile meets all alike.
std::vector<planned_run> plan(const invocation& call) {
  std::vector<planned_run> runs;
  for (std::size_t turn = 0; turn < call.repeat; ++turn) {
    for (const auto& name : call.scenarios) {
      const auto* const what = find_scenario(name);
      for (const auto size : call.sizes) {
        runs.push_back({what, size});
        if (what->function_bytes == 0) break;  // It has no functions whose number could matter.
      }
    }
  }
  return runs;
}

exit_code run_scenarios(std::ostream& out, const invocation& call, report& all) {
  auto how = call.settings;
  const auto runs = plan(call);
  for (const auto& each : runs) {
    how.functions = each.functions;
    require_sense(*each.what, how);
    require_memory(each.what->name, how.functions, each.what->bytes_each(how), available_bytes());
  }
  take_directory(how.storage);
  for (const auto& each : runs) require_disk(each.what->name, how.storage, each.functions);
  print_header(out, all, how, call.sizes, call.repeat);
  if (how.storage.on_disk() && how.storage.directory->is_in_memory()) {
    out << "WARNING: " << how.storage.directory->path().string()
        << " is in memory: syncing costs nothing there\n";
  }
  exit_code code = success;
  for (const auto& each : runs) {
    if (interrupted()) break;
    how.functions = each.functions;
    auto got = run_scenario(*each.what, how);
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
  if (call.command == command::report) {
    write_report(call.report);
    return success;
  }
  if (call.command == command::recover_load) {
    run_recover_load(call.settings);
    return success;
  }
  if (call.command == command::compare) return compare(call.compare) ? success : failure;
  catch_interrupts();
  report all{this_machine(), this_build(), {}, {}, facts_of(call.settings)};
  std::ostream& out = call.settings.json_file == "-" ? std::cerr : std::cout;
  auto code = call.command == command::peers ? compare_peers(out, call, all)
                                             : run_scenarios(out, call, all);
  if (interrupted()) {
    out << "interrupted\n";
    code = interruption;
  }
  write_text(call.settings.json_file, to_json(all));
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
