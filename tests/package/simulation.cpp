#include <fsm/simulation.hpp>

#include <cstdint>
#include <iostream>

int main() {
  fsm::simulation simulation;
  // A rule of the embedder's own, beside those that are built in.
  simulation.add_invariant("uids are not zero", [](const fsm::simulation_world& world) {
    return std::string{world.functions().contains(0) ? "one is" : ""};
  });
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    if (const auto run = simulation.run(seed); !run.violation.empty()) {
      std::cerr << "seed " << seed << ": " << run.violation << '\n';
      return 1;
    }
  }
  std::cout << "5 seeds go well\n";
}
