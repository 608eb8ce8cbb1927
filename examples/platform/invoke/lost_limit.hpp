#pragma once

#include <cstdint>
#include <string>

namespace platform::invoke {

/// What a function had for itself of the account's concurrent invocations, and has no longer.
struct lost_limit {
  std::string function;
  /// For which version it was provisioned; "" = it was reserved for the function.
  std::string version;
  std::uint32_t count = 0;
  /// In words.
  std::string why;
};

}  // namespace platform::invoke
