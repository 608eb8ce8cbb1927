#pragma once

#include "distributions.hpp"
#include "scattered_order.hpp"
#include <fsm/runtime.hpp>

#include <cstddef>
#include <cstdint>

namespace bench {

/// What a thread is to do next.
enum class action_kind : std::uint8_t {
  invoke,
  get,
  update,
  list,
  create,
  remove,
  deploy_burst,  ///< Deploy many functions, from `function` on.
  wake_storm,    ///< Invoke many Inactive functions.
};

struct action {
  action_kind kind;
  /// Whom it is about. Of `list` and `wake_storm`: no meaning.
  std::uint64_t function;

  friend bool operator==(const action&, const action&) = default;
};

/// A described population of so many functions, ready to draw from. Immutable; threads share it.
class mix {
public:
  mix(const described_population& what, std::uint64_t functions, std::uint64_t seed);

  /// Tenant and idle time of a function. The name is left to the caller.
  [[nodiscard]] fsm::create_request request_for(std::uint64_t function) const;
  [[nodiscard]] fsm::duration idle_time_of(std::uint64_t function) const noexcept {
    return idle_times_.of(function);
  }
  [[nodiscard]] std::uint64_t functions() const noexcept { return functions_; }
  [[nodiscard]] std::uint64_t tenants() const noexcept { return tenants_; }
  /// Tenants own functions of neighbouring numbers.
  [[nodiscard]] std::uint64_t tenant_of(std::uint64_t function) const noexcept {
    return function * tenants_ / functions_;
  }
  [[nodiscard]] const described_population& shape() const noexcept { return shape_; }

private:
  friend class action_stream;

  described_population shape_;
  std::uint64_t functions_;
  std::uint64_t tenants_;
  std::uint64_t wild_functions_;
  alias_table kinds_;
  zipf_distribution popularity_;
  scattered_order places_;
  idle_times idle_times_;
};

/// One thread's sequence of actions. It depends on the seed, the thread's number and the number of
/// threads, and on nothing that happens.
class action_stream {
public:
  action_stream(const mix& from, std::uint64_t seed, std::size_t thread, std::size_t threads);
  [[nodiscard]] action next();

private:
  /// Counts down to the next one of a kind of surge; the threads take turns.
  struct countdown {
    std::uint64_t every;
    std::uint64_t left;
    [[nodiscard]] bool ends() noexcept {
      if (every == 0 || --left > 0) return false;
      left = every;
      return true;
    }
  };

  [[nodiscard]] std::uint64_t popular() noexcept;
  [[nodiscard]] std::uint64_t any() noexcept;
  [[nodiscard]] std::uint64_t wild() noexcept;

  const mix& mix_;
  random_numbers random_;
  countdown burst_;
  countdown storm_;
};

}  // namespace bench
