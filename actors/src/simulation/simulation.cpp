#include "simulation/actions.hpp"
#include "simulation/ending.hpp"
#include "simulation/world.hpp"
#include <fsm/simulation.hpp>

#include <algorithm>
#include <utility>

namespace fsm {

using namespace simulated;

simulation::simulation(simulation_options how) : how_{std::move(how)} {}

void simulation::add_invariant(std::string name, invariant holds) {
  invariants_.emplace_back(std::move(name), std::move(holds));
}

void simulation::add_action(std::string name, std::uint32_t weight, action what) {
  actions_.push_back({std::move(name), weight, std::move(what)});
}

simulation_plan simulation::plan(std::uint64_t seed) const {
  std::vector<std::uint32_t> up_to;  // Weights, summed up.
  std::uint32_t sum = 0;
  for (const built_in_action& a : built_in_actions()) up_to.push_back(sum += a.weight);
  for (const named_action& a : actions_) up_to.push_back(sum += a.weight);
  simulation_plan made{.seed = seed, .faults = how_.faults, .steps = {}};
  chance luck{seed};
  for (std::size_t i = 0; i < how_.steps; ++i) {
    const auto at = std::upper_bound(up_to.begin(), up_to.end(), luck.below(sum));
    made.steps.push_back({.action = static_cast<std::uint32_t>(at - up_to.begin()),
                          .target = static_cast<std::uint32_t>(luck.below(how_.functions)),
                          .seed = luck.next()});
  }
  return made;
}

std::string_view simulation::name_of(const simulation_step& step) const {
  const auto built_in = built_in_actions();
  if (step.action < built_in.size()) return built_in[step.action].name;
  const std::size_t own = step.action - built_in.size();
  return own < actions_.size() ? std::string_view{actions_[own].name} : std::string_view{};
}

simulation_report simulation::run(const simulation_plan& what, bool with_trace) const {
  simulation_report report;
  report.seed = what.seed;
  world w{how_, what, with_trace};
  const auto check = [this, &w] {
    w.check();
    for (const auto& [name, holds] : invariants_) {
      if (std::string why = holds(w); !why.empty()) w.fail(name + ": " + why);
    }
  };
  if (!actions_.empty()) w.expect_strangers();
  w.start();
  const auto built_in = built_in_actions();
  for (const simulation_step& step : what.steps) {
    if (w.has_failed() || w.runtime() == nullptr) break;
    ++report.steps;
    w.begin_step(step);
    if (!w.runtime()->health() && step.seed % 8 == 0) w.crash({});  // Somebody notices.
    w.note(name_of(step), report.steps, step.target);
    chance luck{step.seed};
    if (step.action < built_in.size()) {
      built_in[step.action].what(w, luck);
    } else if (step.action - built_in.size() < actions_.size()) {
      actions_[step.action - built_in.size()].what(w, luck);
    }
    w.run(luck.below(12), luck);
    check();
  }
  if (!w.has_failed() && w.runtime() != nullptr) {
    come_to_rest(w);
    chance luck{what.seed};
    if (!w.has_failed()) w.pass(how_.rest, luck, true);
    check();
  }
  w.report(report);
  return report;
}

simulation_plan simulation::shrink(simulation_plan what, const judgement& goes_wrong) const {
  const judgement fails = goes_wrong ? goes_wrong : [this](const simulation_plan& smaller) {
    return !run(smaller).violation.empty();
  };
  // First whole kinds of faults, then steps, then faults once more.
  const auto fewer_faults = [&what, &fails] {
    for (std::size_t i = 0; i < fault_count; ++i) {
      simulation_plan smaller = what;
      smaller.faults &= ~(std::uint64_t{1} << i);
      if (smaller.faults != what.faults && fails(smaller)) what.faults = smaller.faults;
    }
  };
  fewer_faults();
  what.steps = shrink_list<simulation_step>(
      what.steps, [&what, &fails](const std::vector<simulation_step>& fewer) {
        return fails({.seed = what.seed, .faults = what.faults, .steps = fewer});
      });
  fewer_faults();
  return what;
}

}  // namespace fsm
