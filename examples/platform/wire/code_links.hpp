#pragma once

#include "code/package.hpp"
#include <fsm/time.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace platform::wire {

/// Links that serve a package to whoever has them, for a while: a link carries the time at which it
/// ends and a signature, and needs no other right. They end with the process that made them.
class code_links {
public:
  static constexpr std::chrono::minutes lifetime{10};

  /// With a random key.
  code_links();

  /// The target of a link to a package: "/_fsm/code/...". It ends `lifetime` after `now`.
  [[nodiscard]] std::string target(const code::digest& name, fsm::timestamp now) const;

  enum class verdict : std::uint8_t { good, forged, expired };
  /// Checks the parts of a link.
  [[nodiscard]] verdict check(const code::digest& name, std::string_view expires,
                              std::string_view signature, fsm::timestamp now) const;

private:
  [[nodiscard]] std::string sign(const code::digest& name, std::string_view expires) const;

  std::string key_;
};

}  // namespace platform::wire
