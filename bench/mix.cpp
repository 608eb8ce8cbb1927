#include "mix.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace bench {
namespace {

/// Positions in the table of kinds: those of `action_kind`, then what the wild tenant does.
constexpr std::size_t wild_invoke = 6;
constexpr std::size_t wild_update = 7;

std::array<double, 8> kind_weights(const described_population& what) {
  const auto& shares = what.operations;
  std::array<double, 8> weights{shares.invoke, shares.get,    shares.update,
                                shares.list,   shares.create, shares.remove};
  double sum = 0;
  for (const double each : weights) sum += each;
  for (double& each : weights) each *= (1 - what.wild_share) / sum;
  weights[wild_invoke] = what.wild_share * (1 - what.wild_update_share);
  weights[wild_update] = what.wild_share * what.wild_update_share;
  return weights;
}

}  // namespace

mix::mix(const described_population& what, std::uint64_t functions, std::uint64_t seed)
    : shape_{what},
      functions_{functions},
      tenants_{std::min(what.tenants, functions)},
      wild_functions_{(functions + tenants_ - 1) / tenants_},
      kinds_{kind_weights(what)},
      popularity_{functions, what.zipf_exponent, what.zipf_offset * static_cast<double>(functions)},
      places_{functions},
      idle_times_{what.idle_time, seed} {}

fsm::create_request mix::request_for(std::uint64_t function) const {
  std::array<char, 32> tenant{};
  std::snprintf(tenant.data(), tenant.size(), "tenant-%05llu",
                static_cast<unsigned long long>(tenant_of(function)));
  fsm::create_request made;
  made.tenant = tenant.data();
  made.idle_after = idle_times_.of(function);
  return made;
}

action_stream::action_stream(const mix& from, std::uint64_t seed, std::size_t thread,
                             std::size_t threads)
    : mix_{from},
      random_{seed, thread + 1},
      burst_{from.shape().deploy_burst.every_operations * threads,
             from.shape().deploy_burst.every_operations * (thread + 1)},
      storm_{from.shape().wake_storm.every_operations * threads,
             from.shape().wake_storm.every_operations * (thread + 1)} {}

action action_stream::next() {
  if (burst_.ends()) return {action_kind::deploy_burst, any()};
  if (storm_.ends()) return {action_kind::wake_storm, 0};
  const auto kind = mix_.kinds_(random_);
  if (kind == wild_invoke) return {action_kind::invoke, wild()};
  if (kind == wild_update) return {action_kind::update, wild()};
  switch (const auto ordinary = static_cast<action_kind>(kind)) {
    case action_kind::invoke:
    case action_kind::get: return {ordinary, popular()};
    case action_kind::list: return {ordinary, 0};
    default: return {ordinary, any()};
  }
}

std::uint64_t action_stream::popular() noexcept {
  return mix_.places_[mix_.popularity_(random_) - 1];
}
std::uint64_t action_stream::any() noexcept { return random_.below(mix_.functions_); }
std::uint64_t action_stream::wild() noexcept { return random_.below(mix_.wild_functions_); }

}  // namespace bench
