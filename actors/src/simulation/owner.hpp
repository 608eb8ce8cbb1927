#pragma once

#include <fsm/observer.hpp>
#include <fsm/simulation.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace fsm::simulated {

/// One runtime, and its connections to the world.
struct owner {
  simulated_scheduler scheduler;
  std::shared_ptr<fsm::store> store;
  std::shared_ptr<resource_provider> provider;
  std::shared_ptr<observer> watcher;
  std::optional<fsm::runtime> runtime;
  std::uint64_t epoch = 0;
  /// The last transition its observer has seen.
  std::uint64_t delivered = 0;
  /// It has crashed: nothing it says counts.
  bool is_cut = false;
};

}  // namespace fsm::simulated
