#include "invoke/resolve.hpp"

namespace platform::invoke {

resolver resolve_latest() {
  return [](const std::string& function, const std::string& qualifier, const auto& done) {
    constexpr auto latest = "$LATEST";
    if (qualifier.empty() || qualifier == latest) return done(resolved{function, latest});
    done(fsm::unexpected({.code = fsm::errc::not_found,
                          .message = "function " + function + " has no version " + qualifier}));
  };
}

}  // namespace platform::invoke
