#pragma once

#include <fsm/simulation.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace fsm::simulated {

class world;

/// Something that may happen in a step.
struct built_in_action {
  std::string_view name;
  std::uint32_t weight;
  void (*what)(world&, chance&);
};

/// All that may happen without the user's doing. Their weights add up to 1000.
[[nodiscard]] std::span<const built_in_action> built_in_actions() noexcept;

}  // namespace fsm::simulated
