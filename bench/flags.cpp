#include "flags.hpp"

#include "peers.hpp"
#include "scenarios.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <thread>

namespace bench {
namespace {

constexpr std::array default_suite{"step", "create", "invoke", "message"};

/// Everything as it was typed, so that one place checks it and names what was typed.
struct typed_flags {
  std::string store = "none";
  std::size_t in_flight = 1;
};

void add_common_flags(CLI::App& app, settings& how, typed_flags& typed) {
  app.add_option("--functions", how.functions, "live functions")->capture_default_str();
  app.add_option("--threads", how.threads, "threads that drive")->capture_default_str();
  app.add_option("--seconds", how.seconds, "per scenario, after warm-up")->capture_default_str();
  app.add_option("--in-flight", typed.in_flight,
                 "calls outstanding per thread; create: above 1 the callback form; message: 16 "
                 "when not given")
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
  app.add_option("--store", typed.store, "where functions are kept: none")->capture_default_str();
}

/// Throws unless `holds`. The text names the flag, its value and the rule.
void require(bool holds, const std::string& flag, const auto& value, const std::string& rule) {
  if (holds) return;
  std::ostringstream text;
  text << flag << ": " << value << " is not " << rule;
  throw usage_error{text.str()};
}

void check(const settings& how) {
  require(how.functions >= 1 && how.functions <= functions_max, "--functions", how.functions,
          "between 1 and " + std::to_string(functions_max));
  require(how.threads >= 1 && how.threads <= 1024, "--threads", how.threads, "between 1 and 1024");
  require(how.seconds > 0 && how.seconds <= 86'400, "--seconds", how.seconds,
          "above 0 and at most 86400");
  require(how.rate >= 0 && how.rate <= 1e9, "--rate", how.rate, "between 0 and 1000000000");
  if (how.in_flight) {
    require(*how.in_flight >= 1 && *how.in_flight <= 100'000, "--in-flight", *how.in_flight,
            "between 1 and 100000");
  }
  if (!how.json_file.empty() && how.json_file != "-") {
    require(std::ofstream{how.json_file, std::ios::app}.is_open(), "--json", how.json_file,
            "a file that can be written");
  }
}

void check_store(const std::string& store) {
  if (store == "rocksdb") throw usage_error{"--store: rocksdb is not built in yet"};
  require(store == "none", "--store", store, "a known store (none)");
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
  if (first.starts_with('-') || first == "list" || first == "run" || first == "peers") return;
  throw usage_error{"unknown command '" + std::string{first} + "' (known: list run peers)"};
}

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

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
  for (auto* const each : {run, peers}) add_common_flags(*each, call.settings, typed);

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
  for (auto* const each : {run, peers}) {
    if (each->count("--in-flight") > 0) call.settings.in_flight = typed.in_flight;
  }
  check_scenarios(call.scenarios);
  check_comparisons(call.only);
  check_store(typed.store);
  check(call.settings);
  return call;
}

}  // namespace bench
