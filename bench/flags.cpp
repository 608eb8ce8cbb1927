#include "flags.hpp"

#include "file_flags.hpp"
#include "peers.hpp"
#include "recover_load.hpp"
#include "scenarios.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <thread>

namespace bench {
namespace {

constexpr std::array default_suite{"step", "create", "invoke", "message"};

/// Everything as it was typed, so that one place checks it and names what was typed.
struct typed_flags {
  std::string functions = std::to_string(settings{}.functions);
  std::string store = "none";
  std::string durability = "synced";
  std::size_t in_flight = 1;
};

void add_common_flags(CLI::App& app, settings& how, typed_flags& typed) {
  app.add_option("--functions", typed.functions,
                 "live functions; run: also a list, 1000,100000, for growth")
      ->capture_default_str();
  app.add_option("--threads", how.threads, "threads that drive")->capture_default_str();
  app.add_option("--seconds", how.seconds, "per scenario, after warm-up")->capture_default_str();
  app.add_option(
         "--in-flight", typed.in_flight,
         "calls outstanding per thread; create, update: above 1 the callback form; message: "
         "16 when not given")
      ->capture_default_str();
  app.add_option("--seed", how.seed, "of everything that is random")->capture_default_str();
  app.add_option("--json", how.json_file, "write the results to this file, - = stdout");
}

void add_run_flags(CLI::App& app, invocation& call, typed_flags& typed) {
  app.add_option("scenario", call.scenarios, "one or more of those `fsm-bench list` names")
      ->required();
  app.add_option("--rate", call.settings.rate,
                 "open loop at so many operations per second; latency counts from the intended "
                 "start; 0 = closed loop")
      ->capture_default_str();
  app.add_option("--hot", call.settings.hot,
                 "invoke, invoke_batch, message: draw from so many functions only; 0 = from all")
      ->capture_default_str();
  app.add_option("--batch", call.settings.batch, "invoke_batch: names per call")
      ->capture_default_str();
  app.add_option("--population", call.settings.population_file,
                 "what mixed draws from, a JSON file (see docs/benchmarks.md)");
  app.add_option("--store", typed.store, "where functions are kept: none or rocksdb")
      ->capture_default_str();
  app.add_option("--data", call.settings.storage.data,
                 "where the stores go: absent, empty, or made by an earlier fsm-bench, and left "
                 "afterwards; not given: a temporary directory, removed at the end");
  app.add_option("--durability", typed.durability,
                 "a transition is acknowledged when it is on the disk (synced) or with the "
                 "operating system (buffered)")
      ->capture_default_str();
  app.add_option("--repeat", call.repeat, "measure each so many times, in turn")
      ->capture_default_str();
}

/// Throws unless `holds`. The text names the flag, its value and the rule.
void require(bool holds, const std::string& flag, const auto& value, const std::string& rule) {
  if (holds) return;
  std::ostringstream text;
  text << flag << ": " << value << " is not " << rule;
  throw usage_error{text.str()};
}

void check(const settings& how) {
  require(how.threads >= 1 && how.threads <= 1024, "--threads", how.threads, "between 1 and 1024");
  require(how.seconds > 0 && how.seconds <= 86'400, "--seconds", how.seconds,
          "above 0 and at most 86400");
  require(how.rate >= 0 && how.rate <= 1e9, "--rate", how.rate, "between 0 and 1000000000");
  require(how.batch >= 1 && how.batch <= 4096, "--batch", how.batch, "between 1 and 4096");
  if (how.in_flight) {
    require(*how.in_flight >= 1 && *how.in_flight <= 100'000, "--in-flight", *how.in_flight,
            "between 1 and 100000");
  }
  if (!how.json_file.empty() && how.json_file != "-") {
    require(std::ofstream{how.json_file, std::ios::app}.is_open(), "--json", how.json_file,
            "a file that can be written");
  }
}

/// Takes what was typed about the store.
void read_storage(const CLI::App& run, const typed_flags& typed, storage& into) {
  require(typed.store == "none" || typed.store == "rocksdb", "--store", typed.store,
          "a known store (none, rocksdb)");
  require(typed.durability == "synced" || typed.durability == "buffered", "--durability",
          typed.durability, "synced or buffered");
  if (typed.store == "none") {
    for (const char* const flag : {"--data", "--durability"}) {
      if (run.count(flag) > 0)
        throw usage_error{std::string{flag} + ": makes no sense without --store rocksdb"};
    }
    return;
  }
  if (!has_rocksdb()) {
    throw usage_error{
        "--store: rocksdb is not built in (configure with -DLIBFSM_BUILD_ROCKSDB=ON)"};
  }
  require(run.count("--data") == 0 || !into.data.empty(), "--data", "''", "a directory");
  into.kind = store_kind::rocksdb;
  into.synced = typed.durability == "synced";
  into.meter = std::make_shared<store_meter>();
}

void check_scenarios(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (find_scenario(name) != nullptr) continue;
    std::ostringstream text;
    text << "unknown scenario '" << name << "' (known:";
    for (const auto& each : all_scenarios()) text << ' ' << each.name;
    text << ')';
    throw usage_error{text.str()};
  }
}

void check_comparisons(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (names_comparison(name)) continue;
    std::ostringstream text;
    text << "--only: '" << name << "' is not a comparison (known:";
    for (const auto& each : all_comparisons()) text << ' ' << each.scenario << '/' << each.peer;
    text << ')';
    throw usage_error{text.str()};
  }
}

/// CLI11 would say that one is missing, not which one is unknown.
void check_command(std::string_view first) {
  constexpr std::array<std::string_view, 6> known{"list",   "run",     "peers",
                                                  "report", "compare", recover_load_command};
  if (first.starts_with('-') || std::find(known.begin(), known.end(), first) != known.end()) return;
  throw usage_error{"unknown command '" + std::string{first} +
                    "' (known: list run peers report compare)"};
}

/// For the process that `recover` kills.
CLI::App* add_recover_load_command(CLI::App& app, settings& how, typed_flags& typed) {
  auto* const made = app.add_subcommand(recover_load_command, "");
  made->group("");  // No help about it.
  made->add_option("--data", how.storage.data)->required();
  made->add_option("--durability", typed.durability);
  made->add_option("--functions", typed.functions);
  made->add_option("--threads", how.threads);
  made->add_option("--in-flight", typed.in_flight);
  return made;
}

void check_sizes(invocation& call, const std::string& typed) {
  call.sizes = parse_sizes(typed);
  call.settings.functions = call.sizes.front();
  require(call.command == command::run || call.sizes.size() == 1, "--functions", typed,
          "one number, as peers needs it");
  require(call.settings.hot <= *std::min_element(call.sizes.begin(), call.sizes.end()), "--hot",
          call.settings.hot, "between 0 and the number of functions");
  require(call.repeat >= 1 && call.repeat <= repeat_max, "--repeat", call.repeat,
          "between 1 and " + std::to_string(repeat_max));
}

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::vector<std::uint64_t> parse_sizes(const std::string& list) {
  const auto rule = "between 1 and " + std::to_string(functions_max);
  std::vector<std::uint64_t> sizes;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    const auto typed = list.substr(begin, end - begin);
    std::uint64_t size = 0;
    const auto* const last = typed.data() + typed.size();
    const auto [stop, wrong] = std::from_chars(typed.data(), last, size);
    require(wrong == std::errc{} && stop == last && size >= 1 && size <= functions_max,
            "--functions", typed.empty() ? "''" : typed, rule);
    require(std::find(sizes.begin(), sizes.end(), size) == sizes.end(), "--functions", size,
            "given once only (use --repeat)");
    sizes.push_back(size);
    begin = end + 1;
  }
  require(sizes.size() <= sizes_max, "--functions", std::to_string(sizes.size()) + " populations",
          "at most " + std::to_string(sizes_max));
  return sizes;
}

invocation parse(std::span<const char* const> arguments) {
  invocation call;
  call.settings.threads = std::max(1U, std::thread::hardware_concurrency());
  typed_flags typed;

  CLI::App app{"Benchmarks of libfsm over millions of functions.", "fsm-bench"};
  app.footer("Without arguments: the default suite, `run step create invoke message`.");
  app.require_subcommand(1);
  auto* const list = app.add_subcommand("list", "name the scenarios");
  auto* const run = app.add_subcommand("run", "measure scenarios");
  auto* const peers = app.add_subcommand("peers", "measure libfsm and its peers in turns");
  add_run_flags(*run, call, typed);
  peers
      ->add_option("--only", call.only,
                   "these comparisons only: SCENARIO or SCENARIO/PEER, separated by commas")
      ->delimiter(',');
  auto* const recover_load = add_recover_load_command(app, call.settings, typed);
  for (auto* const each : {run, peers}) add_common_flags(*each, call.settings, typed);
  auto* const report = add_report_command(app, call.report);
  auto* const compare = add_compare_command(app, call.compare);

  if (arguments.empty()) {
    call.scenarios = {default_suite.begin(), default_suite.end()};
    return call;
  }
  check_command(arguments.front());
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});  // Last one first.
  } catch (const CLI::CallForHelp&) {
    call.command = command::help;
    call.help_text = app.help();
    return call;
  } catch (const CLI::ParseError& wrong) {
    throw usage_error{on_one_line(wrong.what())};
  }
  if (list->parsed()) call.command = command::list;
  if (peers->parsed()) call.command = command::peers;
  for (auto* const each : {run, peers, recover_load}) {
    if (each->count("--in-flight") > 0) call.settings.in_flight = typed.in_flight;
  }
  if (report->parsed()) {
    call.command = command::report;
    check(call.report);
    return call;
  }
  if (compare->parsed()) {
    call.command = command::compare;
    check(call.compare);
    return call;
  }
  if (recover_load->parsed()) {
    call.command = command::recover_load;
    typed.store = "rocksdb";
  }
  check_scenarios(call.scenarios);
  check_comparisons(call.only);
  read_storage(*run, typed, call.settings.storage);
  check_sizes(call, typed.functions);
  check(call.settings);
  if (run->count("--population") > 0)
    call.settings.population = read_population_file(call.settings.population_file);
  return call;
}

}  // namespace bench
