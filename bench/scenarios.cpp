#include "scenarios.hpp"

#include "machine.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace bench {
namespace {

// clang-format off
constexpr std::array scenarios{
  //        name       one operation is                                                                          bytes  self-paced  made by
  scenario{"step",    "one event through the pure transition table of libfsm, no actor",                           0,     false,     make_step},
  scenario{"create",  "CreateFunction to Active with a provider that answers at once",                           320,    true,      make_create},
  scenario{"invoke",  "by name: admitted, completed, idle clock touched (random function, uniform)",             320,     false,     make_invoke},
  scenario{"message", "CAF request to a function's actor handle and its response, random function",              330,     false,     make_message},
  scenario{"mixed",   "one call from a described population: invoke, get, update, list, create, delete",         400,     false,     make_mixed},
  scenario{"life",    "one function's step: created, invoked, idled, woken, invoked again, removed",            1300,     true,      make_life},
};
// clang-format on

}  // namespace

std::span<const scenario> all_scenarios() noexcept { return scenarios; }

const scenario* find_scenario(std::string_view name) noexcept {
  const auto* const found = std::find_if(scenarios.begin(), scenarios.end(),
                                         [&](const scenario& each) { return each.name == name; });
  return found == scenarios.end() ? nullptr : found;
}

void require_memory(std::string_view what, std::uint64_t functions, std::uint64_t function_bytes,
                    std::uint64_t available) {
  constexpr std::uint64_t fixed_bytes = 128U << 20;  // The program, its threads, the drawn names.
  const auto needed = functions * function_bytes + fixed_bytes;
  if (function_bytes == 0 || needed <= available) return;
  throw usage_error{std::string{what} + ": --functions " + std::to_string(functions) +
                    " needs about " + in_gibibytes(needed) + " of memory, " +
                    in_gibibytes(available) + " are available"};
}

}  // namespace bench
