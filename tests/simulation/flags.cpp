#include "simulation/flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <limits>
#include <random>
#include <thread>

namespace fsm::testing {

namespace {

/// "A-B", or "N" for the first N.
void read_range(const std::string& text, campaign_options& into) {
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos) {
    into.first = 0;
    into.last = std::stoull(text) - 1;
  } else {
    into.first = std::stoull(text.substr(0, dash));
    into.last = std::stoull(text.substr(dash + 1));
  }
}

/// Functions that sleep over weeks: how fast time can pass.
void make_idle(simulation_options& how) {
  how.varies_options = false;
  how.faults = 0;
  how.functions = 200;
  how.steps = 1000;
  how.rest = std::chrono::days{365};
  how.how.provisioner.audit_interval = std::chrono::days{1};
}

}  // namespace

std::optional<int> read_flags(int argc, char** argv, flags& into) {
  CLI::App app{
      "Runs the real runtime on simulated time, store, provider and scheduler. A seed decides\n"
      "everything that happens: orders, delays, faults, crashes. What must hold is checked after\n"
      "every step. A seed that goes wrong is run again, cut down to what it takes, and told.\n\n"
      "Without flags: fresh seeds for one minute on all cores.",
      "fsm-simulate"};
  std::string seeds;
  std::uint64_t seed = 0;
  bool is_idle = false;
  double minutes = 0;
  auto* const one = app.add_option("--seed", seed, "Replay this seed, and tell what happened");
  auto* const range = app.add_option("--seeds", seeds, "Run these: A-B, or N for 0 to N-1")
                          ->check(CLI::Validator{[](const std::string& text) {
                                                   campaign_options tried;
                                                   try {
                                                     read_range(text, tried);
                                                   } catch (const std::exception&) {
                                                     return std::string{"not N or A-B"};
                                                   }
                                                   return std::string{};
                                                 },
                                                 "A-B"});
  app.add_option("--minutes", minutes, "Run fresh seeds for so long")->check(CLI::PositiveNumber);
  app.add_option("--processes", into.campaign.processes, "Runs at a time; default: one per core")
      ->check(CLI::Range(1, 1024));
  app.add_option("--steps", into.simulation.steps, "Steps of one run")->capture_default_str();
  app.add_option("--functions", into.simulation.functions, "Names that functions may have")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--twice-every", into.campaign.twice_every,
                 "Run each so many-th seed twice, and compare; 0 = none")
      ->capture_default_str();
  app.add_flag("!--no-shrink", into.shrinks, "Do not cut a seed that goes wrong down");
  app.add_flag("--idle", is_idle, "No faults, many functions, and years in which they sleep");
  app.add_flag("--quiet", into.is_quiet, "Tell nothing of runs that go well");
  app.add_flag("--expect-violation", into.wants_violation, "Succeed only if a seed goes wrong");
  app.add_option("--mutant", into.mutant, "A defect to build in; only with fsm-simulate-mutants");
  into.campaign.processes = std::max(std::thread::hardware_concurrency(), 1U);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem);
  }
  if (is_idle) make_idle(into.simulation);
  if (*one) into.seed = seed;
  if (*range) {
    read_range(seeds, into.campaign);
  } else {
    // Fresh ones: nobody has run them before.
    std::random_device random;
    into.campaign.first = std::uint64_t{random()} << 24U;
    into.campaign.last = std::numeric_limits<std::uint64_t>::max() / 2;
    if (minutes == 0) minutes = 1;
  }
  into.campaign.minutes = minutes;
  return std::nullopt;
}

}  // namespace fsm::testing
