#pragma once

#include <fsm/runtime.hpp>

#include <caf/actor.hpp>
#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>

/// \file
/// For CAF users: each function is an actor. It can be monitored, linked, waited for and sent
/// messages like any other.

namespace fsm {

/// What a function's actor understands. Requests are answered; anything else gets
/// `caf::sec::unexpected_message`, and `caf::sec::request_receiver_down` once the function is gone
/// or the runtime has stopped. Not supported: priorities (urgent messages keep their order) and
/// streams. A request that finds more than 1,024 messages waiting is refused with
/// `errc::too_many_requests`.
///
/// | message                              | answer                                     |
/// | ------------------------------------ | ------------------------------------------ |
/// | (ping_atom, uint64_t n)              | (ping_atom, uint64_t n + 1)                |
/// | (status_atom)                        | function_status, durable                   |
/// | (invoke_atom)                        | admitted, or an error                      |
/// | (done_atom, admitted)                | nothing; gives the admission back          |
/// | (update_atom, std::string document)  | function_status, once durable, or an error |
/// | (remove_atom)                        | function_status, once durable, or an error |
/// | caf::exit_msg, reason not normal     | the function is removed, cause `exit`      |
///
/// An invocation needs a sender: nobody else could give it back. Without a sender nothing is
/// admitted.
///
/// Errors carry the category `caf::atom("fsm")` and an `fsm::errc` as code; the message is the
/// error's context.
using ping_atom = caf::atom_constant<caf::atom("ping")>;
using status_atom = caf::atom_constant<caf::atom("status")>;
using invoke_atom = caf::atom_constant<caf::atom("invoke")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using update_atom = caf::atom_constant<caf::atom("update")>;
using remove_atom = caf::atom_constant<caf::atom("remove")>;

/// A function's situation, as a message.
struct function_status {
  std::string name;
  std::uint64_t uid = 0;
  std::uint8_t state = 0;          ///< An `fsm::state`.
  std::uint8_t update_status = 0;  ///< An `fsm::last_update_status`.
  std::uint16_t state_reason = 0;  ///< An `fsm::reason_code`.
  std::uint16_t update_reason = 0;
  std::uint32_t revision = 0;
  std::uint32_t version = 0;

  [[nodiscard]] fsm::pair pair() const noexcept {
    return {static_cast<fsm::state>(state), static_cast<last_update_status>(update_status)};
  }
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, function_status& x) {
  return f(caf::meta::type_name("fsm::function_status"), x.name, x.uid, x.state, x.update_status,
           x.state_reason, x.update_reason, x.revision, x.version);
}

/// The right to run one invocation, as a message. Send it back with `done_atom`.
struct admitted {
  std::uint32_t generation = 0;
  std::uint32_t version = 0;
  std::uint32_t resource = 0;  ///< The number of the attempt whose resources are to be used.
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, admitted& x) {
  return f(caf::meta::type_name("fsm::admitted"), x.generation, x.version, x.resource);
}

/// Starts a runtime whose actors live in `system`. Call `runtime::stop` before `system` ends.
/// `options::threads` is not used. Functions do not count for `await_all_actors_done`: a system
/// does not wait for them.
[[nodiscard]] expected<runtime> start(options how, caf::actor_system& system);

/// The actor of a function. `not_found`. The handle may be kept beyond the function and beyond the
/// runtime.
[[nodiscard]] expected<caf::actor> handle(const runtime& where, std::string_view name);

/// The actor system the runtime's actors live in.
[[nodiscard]] caf::actor_system& actor_system_of(const runtime& where);

/// The errc of an error that came from a function's actor, or `errc::internal` for any other.
[[nodiscard]] errc code_of(const caf::error& what) noexcept;

}  // namespace fsm
