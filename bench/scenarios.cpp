#include "scenarios.hpp"

#include "machine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace bench {
namespace {

void refuse_rate(const settings& how, const std::string& why) {
  if (how.rate > 0) throw usage_error{why};
}
void refuse_rate_of_storm(const settings& how) {
  refuse_rate(how, "wake_storm: --rate makes no sense: a storm comes as fast as it can");
}
void refuse_rate_of_life(const settings& how) {
  refuse_rate(how, "life: --rate makes no sense: a phase ends when all functions are through");
}

void refuse_rate_of_recover(const settings& how) {
  refuse_rate(how, "recover: --rate makes no sense: a start-up takes as long as it takes");
}

void refuse_store_of_metrics(const settings& how) {
  if (how.storage.on_disk())
    throw usage_error{"invoke_metrics: --store makes no sense: both sides are without one"};
}

void refuse_rate_of_overload(const settings& how) {
  refuse_rate(how, "overload: --rate makes no sense: it is ten times what can be served");
}

/// In an open loop where each function has one turn per round: a round has to last a while.
void require_functions_for_rate(const settings& how) {
  constexpr double shortest_round = 0.1;
  const auto needed = how.rate * std::min(how.seconds, shortest_round);
  if (static_cast<double>(how.functions) >= std::floor(needed)) return;
  throw usage_error{"--rate: so many per second need at least " +
                    std::to_string(static_cast<std::uint64_t>(needed)) +
                    " functions where each has one turn per round, --functions is " +
                    std::to_string(how.functions)};
}

// clang-format off
constexpr std::array scenarios{
  //        name            one operation is                                                                          bytes  self-paced  made by
  scenario{"step",         "one event through the pure transition table of libfsm, no actor",                           0,     false,     make_step, false, nullptr, 0, 0, store_use::only_none},
  scenario{"create",       "CreateFunction to Active with a provider that answers at once",                           320,    true,      make_create},
  scenario{"invoke",       "by name: admitted, completed, idle clock touched (random function, uniform)",             320,     false,     make_invoke, true, nullptr, 0, 0, store_use::any, 320},
  scenario{"invoke_batch", "the same through the batch call",                                                         320,     false,     make_invoke_batch, true},
  scenario{"invoke_metrics", "invoke with metrics, collected once a second, and without, in turns",                   640,     false,     make_invoke_metrics, true, refuse_store_of_metrics},
  scenario{"message",      "CAF request to a function's actor handle and its response, random function",              330,     false,     make_message, true},
  scenario{"update",       "UpdateFunctionCode to Successful",                                                        330,     false,     make_update},
  scenario{"idle_sweep",   "one function from Active to Inactive when its idle time ends",                           1300,     true,      make_idle_sweep, false, require_functions_for_rate},
  scenario{"wake_storm",   "one Inactive function invoked, restored, Active",                                        1300,     true,      make_wake_storm, false, refuse_rate_of_storm},
  scenario{"mixed",        "one call from a described population: invoke, get, update, list, create, delete",         400,     false,     make_mixed},
  scenario{"waiters",      "one waiter armed and later fired",                                                       1300,     true,      make_waiters, false, require_functions_for_rate, 1100, waiters_at_once_max},
  scenario{"list",         "one page of 100, filtered by state",                                                      330,     false,     make_list},
  scenario{"life",         "one function's step: created, invoked, idled, woken, invoked again, removed",            1300,    true,      make_life, false, refuse_rate_of_life},
  scenario{"overload",     "one call of a storm of ten times what can be served, done or refused",                   1300,    true,      make_overload, false, refuse_rate_of_overload},
  scenario{"acknowledge",  "one CreateFunction until its reply, in an open loop; needs --store rocksdb",              320,    true,      make_acknowledge, false, nullptr, 0, 0, store_use::only_disk},
  scenario{"recover",      "one function restored at start-up; needs --store rocksdb",                                330,    true,      make_recover, false, refuse_rate_of_recover, 0, 0, store_use::only_disk},
};
// clang-format on

}  // namespace

std::span<const scenario> all_scenarios() noexcept { return scenarios; }

const scenario* find_scenario(std::string_view name) noexcept {
  const auto* const found = std::find_if(scenarios.begin(), scenarios.end(),
                                         [&](const scenario& each) { return each.name == name; });
  return found == scenarios.end() ? nullptr : found;
}

void require_sense(const scenario& what, const settings& how) {
  if (how.hot > 0 && !what.has_hot_functions) {
    throw usage_error{std::string{what.name} + ": --hot makes no sense: it draws no functions"};
  }
  if (what.store == store_use::only_none && how.storage.on_disk()) {
    throw usage_error{std::string{what.name} + ": --store makes no sense: it has no runtime"};
  }
  if (what.store == store_use::only_disk && !how.storage.on_disk()) {
    throw usage_error{std::string{what.name} + ": needs a store on disk, give --store rocksdb"};
  }
  if (what.check != nullptr) what.check(how);
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
