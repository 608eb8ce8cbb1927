// fsm-simulate: see --help.
#include "simulation/campaign.hpp"
#include "simulation/flags.hpp"
#include "simulation/isolated.hpp"
#ifdef LIBFSM_MUTANTS
#include <mutant.hpp>
#endif
#include <fsm/simulation.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <iterator>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

using namespace fsm;
using namespace fsm::testing;

/// One line that renews itself on a terminal, one after the other elsewhere.
void print_progress(const campaign_result& so_far, bool is_terminal) {
  fmt::print(stderr, "{}{} seeds, {:.0f}/s, {:.0f} simulated weeks, {:.0f} of functions{}",
             is_terminal ? '\r' : ' ', so_far.seeds,
             static_cast<double>(so_far.seeds) / so_far.seconds, so_far.weeks,
             so_far.function_weeks, is_terminal ? ' ' : '\n');
}

void print_summary(const campaign_result& all) {
  fmt::print(
      "{} seeds in {:.1f} s ({:.0f}/s): {} steps, {} messages, {} calls, {} transitions, {} "
      "starts\n",
      all.seeds, all.seconds, static_cast<double>(all.seeds) / all.seconds, all.steps, all.messages,
      all.calls, all.transitions, all.starts);
  fmt::print("simulated: {:.0f} weeks, {:.0f} of functions; {} seeds were run twice\n", all.weeks,
             all.function_weeks, all.run_twice);
  fmt::print("faults:");
  for (std::size_t i = 0; i < fault_count; ++i)
    fmt::print(" {}={}", to_string(static_cast<fault>(i)), all.faults[i]);
  std::string missing;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < lifecycle.size(); ++i) {
    if ((all.rows[i / 64] >> (i % 64) & 1U) != 0) {
      ++seen;
    } else {
      missing += ' ' + std::string{lifecycle[i].id};
    }
  }
  fmt::print("\nrows of the lifecycle: {} of {}{}{}\n", seen, lifecycle.size(),
             missing.empty() ? "" : "; not", missing);
}

/// What went wrong, without the particulars.
std::string kind_of(const std::string& violation) {
  return violation.substr(0, violation.find('('));
}

/// Runs the seed again, cuts it down, and tells what happens in what is left.
void explain(const simulation& with, std::uint64_t seed, bool shrinks) {
  simulation_plan plan = with.plan(seed);
  isolated_run run = run_isolated(with, plan, true);
  fmt::print("\nseed {} goes wrong: {}\n", seed, run.violation);
  std::fflush(stdout);
  if (run.violation.empty()) {
    fmt::print("... but not when it is run again: it is not deterministic\n");
    return;
  }
  if (shrinks) {
    const std::string kind = kind_of(run.violation);
    plan = with.shrink(plan, [&with, &kind](const simulation_plan& smaller) {
      return kind_of(run_isolated(with, smaller, false).violation) == kind;
    });
    run = run_isolated(with, plan, true);
    fmt::print("cut down to {} steps: {}\n", plan.steps.size(), run.violation);
  }
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (plan.faults != with.options().faults && (plan.faults >> i & 1U) != 0)
      fmt::print("needs the fault {}\n", to_string(static_cast<fault>(i)));
  }
  for (const std::string& line : run.trace) fmt::print("{}\n", line);
  fmt::print("again: ./dev simulate --seed {}\n", seed);
}

int replay(const simulation& with, const flags& how) {
  const isolated_run run = run_isolated(with, with.plan(*how.seed), true);
  if (!run.violation.empty()) {
    explain(with, *how.seed, how.shrinks);
    return 1;
  }
  if (!how.is_quiet) {
    for (const std::string& line : run.trace) fmt::print("{}\n", line);
  }
  fmt::print("seed {} goes well (hash {:016x})\n", *how.seed, run.hash);
  return 0;
}

/// False if this program knows no such mutant.
bool build_in([[maybe_unused]] const std::string& mutant) {
#ifdef LIBFSM_MUTANTS
  return detail::choose_mutant(mutant);
#else
  return false;
#endif
}

int run_many(const simulation& with, const flags& how) {
  const bool is_terminal = ::isatty(STDERR_FILENO) != 0;
  campaign_options campaign = how.campaign;
  campaign.progress_interval = std::chrono::seconds{is_terminal ? 1 : 60};
  const campaign_result result =
      run_campaign(with, campaign, [&how, is_terminal](const campaign_result& so_far) {
        if (!how.is_quiet) print_progress(so_far, is_terminal);
      });
  if (!how.is_quiet && is_terminal) fmt::print(stderr, "\r");
  if (!how.is_quiet || !result.wrong.empty()) print_summary(result);
  std::fflush(stdout);  // What follows may take long, and be ended.
  if (!result.wrong.empty()) {
    explain(with, *result.wrong.begin(), how.shrinks);
    return how.wants_violation ? 0 : 1;
  }
  if (result.was_ended) {
    fmt::print(stderr, "ended by a signal after {} seeds\n", result.seeds);
    return 130;
  }
  return how.wants_violation ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  flags how;
  // Small runtimes that come and go: clearing huge pages for them would be a sixth of the work.
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  if (const auto ends = read_flags(argc, argv, how)) return *ends;
  if (!how.mutant.empty() && !build_in(how.mutant)) {
    fmt::print(stderr, "there is no mutant {} here\n", how.mutant);
    return 2;
  }
  const simulation with{how.simulation};
  return how.seed ? replay(with, how) : run_many(with, how);
}
