#include "invoke/resolve.hpp"

namespace platform::invoke {

fsm::expected<resolved> resolve_invocation(fsm::runtime& /*functions*/, const std::string& function,
                                           const std::string& qualifier) {
  constexpr auto latest = "$LATEST";
  if (qualifier.empty() || qualifier == latest) return resolved{function, latest};
  return fsm::unexpected({.code = fsm::errc::not_found,
                          .message = "function " + function + " has no version " + qualifier});
}

}  // namespace platform::invoke
