#pragma once

#include <fsm/runtime.hpp>
#include <fsm/simulated.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Deterministic simulation: the real runtime on simulated time, store, provider and scheduler, in
/// one thread. A seed decides everything that happens, so that a run that goes wrong can be had
/// again, and cut down to what it takes. Link `libfsm::simulation`.
///
/// What is checked after every step, and in the end after all faults have stopped, is in
/// docs/reliability.md. Bring your provider, actions and invariants to test your own code the same
/// way. A world belongs to one thread; several threads may have one each.

namespace fsm {

/// A function as the simulation's own model knows it: from what the store has kept, not from what
/// the runtime says.
struct simulated_function {
  std::uint64_t uid = 0;
  std::string name;
  lifecycle_record record;
  std::uint64_t last_sequence = 0;
  /// The last use that the model knows of, and the latest that the runtime may have taken for it.
  timestamp used_at{};
  timestamp used_at_latest{};
  bool is_gone = false;
};

/// The world that actions act on and invariants look at.
class simulation_world {
public:
  virtual ~simulation_world() = default;

  /// The runtime that owns the store; null while there is none.
  [[nodiscard]] virtual fsm::runtime* runtime() const noexcept = 0;
  [[nodiscard]] virtual simulated_clock& clock() const noexcept = 0;
  [[nodiscard]] virtual simulated_store& store() const noexcept = 0;
  [[nodiscard]] virtual simulated_provider& provider() const noexcept = 0;
  [[nodiscard]] virtual fault_plan& faults() const noexcept = 0;
  /// All functions there have ever been, by uid.
  [[nodiscard]] virtual const std::map<std::uint64_t, simulated_function>& functions()
      const noexcept = 0;
  /// The name that the step is about; the same for all steps of one target.
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  /// True once all faults have stopped.
  [[nodiscard]] virtual bool is_healed() const noexcept = 0;

  /// Ends the runtime at once, and starts the next one when `down` has passed.
  virtual void crash(duration down) = 0;
  /// Lets queued actors handle up to `count` messages, in an order that `luck` chooses.
  virtual void run(std::size_t count, chance& luck) = 0;
  /// Writes something into the trace.
  virtual void note(std::string_view what, std::uint64_t a = 0, std::uint64_t b = 0) = 0;
  /// Something does not hold: the run ends here. The first one counts.
  virtual void fail(std::string why) = 0;
};

/// What a simulation is made of.
struct simulation_options {
  /// Names that functions may have: what happens, happens to these. At least 1.
  std::size_t functions = 5;
  /// Steps of one run before all faults stop.
  std::size_t steps = 200;
  /// Which faults there may be; a seed takes some of them, each more or less often. All.
  std::uint64_t faults = (std::uint64_t{1} << fault_count) - 1;
  /// Simulated time that passes in the end, without faults, besides what is needed to come to rest.
  duration rest{};
  /// What runtimes are started with, but for what the simulation owns: store, provider, clock,
  /// observers and the run mode.
  options how{};
  /// True: the seed also chooses the times, limits and policies in `how`.
  bool varies_options = true;
  /// Your provider, behind the simulated network; made anew for each run. Null: one that remembers
  /// what it holds.
  std::function<std::shared_ptr<resource_provider>(std::shared_ptr<simulated_clock>)> provider{};
  /// Entries of the trace that are kept; 0 = all.
  std::size_t trace_max = 0;
};

/// One step of a run: what happens, to which name, and the seed of all chance in it.
struct simulation_step {
  std::uint32_t action = 0;
  std::uint32_t target = 0;
  std::uint64_t seed = 0;
};

/// All of a run. Steps may be taken out; the others then stay what they are.
struct simulation_plan {
  std::uint64_t seed = 0;
  /// As `simulation_options::faults`.
  std::uint64_t faults = 0;
  std::vector<simulation_step> steps;
};

/// How a run went.
struct simulation_report {
  std::uint64_t seed = 0;
  std::size_t steps = 0;
  std::uint64_t messages = 0;     ///< Handled by actors of the runtime.
  std::uint64_t transitions = 0;  ///< Kept by the store.
  std::uint64_t calls = 0;        ///< Made to the runtime.
  std::uint64_t starts = 0;       ///< Runtimes started.
  duration time{};                ///< Simulated.
  duration function_time{};       ///< The same, summed up over functions that exist.
  std::array<std::uint64_t, fault_count> faults{};
  /// Rows of the lifecycle that applied: bits by their place in the table.
  std::array<std::uint64_t, 2> rows{};
  /// A hash of everything that happened: two runs of one plan have the same.
  std::uint64_t hash = 0;
  /// What did not hold; empty if everything did.
  std::string violation;
  /// What happened, line by line, oldest first.
  std::vector<std::string> trace;
};

/// Makes runs.
class simulation {
public:
  /// Empty if it holds, else what does not.
  using invariant = std::function<std::string(const simulation_world&)>;
  using action = std::function<void(simulation_world&, chance&)>;

  explicit simulation(simulation_options how = {});

  /// Checked after every step, and once more in the end.
  void add_invariant(std::string name, invariant holds);
  /// May happen in a step; `weight` says how often, where all built-in actions together have 1000.
  void add_action(std::string name, std::uint32_t weight, action what);

  /// What this seed leads to.
  [[nodiscard]] simulation_plan plan(std::uint64_t seed) const;
  /// Runs it. With `with_trace` the report tells what happened; it is the same run.
  [[nodiscard]] simulation_report run(const simulation_plan& what, bool with_trace = false) const;
  [[nodiscard]] simulation_report run(std::uint64_t seed) const { return run(plan(seed)); }

  /// Takes out of a plan that goes wrong what is not needed for it. `goes_wrong` says whether a
  /// smaller one still does, by default whether it has any violation.
  using judgement = std::function<bool(const simulation_plan&)>;
  [[nodiscard]] simulation_plan shrink(simulation_plan what,
                                       const judgement& goes_wrong = {}) const;

  /// The name of a step's action.
  [[nodiscard]] std::string_view name_of(const simulation_step& step) const;
  [[nodiscard]] const simulation_options& options() const noexcept { return how_; }

private:
  struct named_action {
    std::string name;
    std::uint32_t weight = 0;
    action what;
  };
  simulation_options how_;
  std::vector<named_action> actions_;  // Behind the built-in ones.
  std::vector<std::pair<std::string, invariant>> invariants_;
};

/// Takes items out of a list for which `fails` is true, as long as it stays so: what is left cannot
/// do without any single one. Their order stays. Calls `fails` some n log n times for few, up to n²
/// for many items that are needed.
template <class Item>
[[nodiscard]] std::vector<Item> shrink_list(
    std::vector<Item> items, const std::function<bool(const std::vector<Item>&)>& fails) {
  for (std::size_t part = (items.size() + 1) / 2; part > 0; part = part == 1 ? 0 : (part + 1) / 2) {
    bool again = true;
    while (again) {
      again = false;
      for (std::size_t at = 0; at < items.size();) {
        const std::size_t end = std::min(at + part, items.size());
        std::vector<Item> fewer(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(at));
        fewer.insert(fewer.end(), items.begin() + static_cast<std::ptrdiff_t>(end), items.end());
        if (fails(fewer)) {
          items = std::move(fewer);
          again = part == 1;
        } else {
          at = end;
        }
      }
    }
  }
  return items;
}

}  // namespace fsm
