#pragma once

#include "flags.hpp"
#include "measure.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <vector>

namespace bench {

/// An actor system as both sides of the comparison get it: one worker per thread.
class driven_system {
public:
  explicit driven_system(const settings& how);
  [[nodiscard]] caf::actor_system& get() noexcept { return system_; }

private:
  caf::actor_system_config config_;
  caf::actor_system system_;
};

/// Measures requests to actors that answer (ping_atom, n) with (ping_atom, n + 1): one driver per
/// thread, an actor with a window of requests on their way, each to a random actor. The requests
/// are CAF's, and the responses are matched to them; only the bookkeeping is the driver's own, so
/// that what is measured is the actors'.
[[nodiscard]] measurement drive_messages(caf::actor_system& system,
                                         const std::vector<caf::actor>& targets,
                                         const settings& how, const pace& speed);

/// Requests outstanding per driver when the flags do not say: enough that no driver waits.
inline constexpr std::size_t message_in_flight = 16;

}  // namespace bench
