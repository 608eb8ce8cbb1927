#include "core.hpp"
#include "function_actor.hpp"
#include "views.hpp"
#include <fsm/actors.hpp>

#include <caf/actor_cast.hpp>
#include <fmt/format.h>

namespace fsm {

expected<runtime> start(options how, caf::actor_system& system) {
  return detail::start_core(std::move(how), &system);
}

expected<caf::actor> handle(const runtime& where, std::string_view name) {
  if (where.internals().stopping()) return unexpected({errc::stopped, "the runtime has stopped"});
  const caf::strong_actor_ptr who = where.internals().find(name);
  if (who == nullptr)
    return unexpected({errc::not_found, fmt::format("there is no function {}", name)});
  return caf::actor_cast<caf::actor>(who);
}

caf::actor_system& actor_system_of(const runtime& where) { return where.internals().system(); }

errc code_of(const caf::error& what) noexcept {
  // An error without a code has no category to ask for.
  if (!what || what.category() != caf::atom("fsm") ||
      what.code() > static_cast<std::uint8_t>(errc::internal)) {
    return errc::internal;
  }
  return static_cast<errc>(what.code());
}

}  // namespace fsm
