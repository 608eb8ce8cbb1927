#pragma once

#include "bench_clock.hpp"
#include "measure.hpp"
#include "metered_provider.hpp"
#include "names.hpp"
#include "population.hpp"
#include "scattered_order.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace bench {

/// The idle time of those whose tick is fine, and of the library by default.
inline constexpr fsm::duration two_weeks = std::chrono::days{14};

/// What `sleepers` need besides the settings.
struct sleep_plan {
  std::shared_ptr<metered_provider> provider = std::make_shared<metered_provider>();
  /// Idle times of single functions, by their numbers; nothing = the default of the runtime.
  std::function<std::optional<fsm::duration>(std::uint64_t)> idle_after;
  /// Idle times are exact to a millisecond; with the library's defaults, to a second. Then all
  /// functions need an idle time of their own.
  bool fine_tick = false;
  /// Attempts in flight at once; 0 = the library's default.
  std::size_t in_flight_max = 0;
  /// The store; null = as the flags say.
  std::shared_ptr<fsm::store> store;
};

/// Functions that fall asleep when the clock jumps, and are woken by invocations.
class sleepers {
public:
  /// Creates all functions, to Active. Throws `std::runtime_error` when that fails.
  sleepers(const settings& how, const name_list& names, const scattered_order& order,
           const sleep_plan& plan);

  [[nodiscard]] fsm::runtime& runtime() noexcept { return population_.runtime(); }
  [[nodiscard]] bench_clock& clock() noexcept { return *clock_; }
  [[nodiscard]] metered_provider& provider() noexcept { return *provider_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return order_.size(); }
  [[nodiscard]] double bytes_per_function() const noexcept {
    return population_.bytes_per_function();
  }
  [[nodiscard]] std::string_view name_at(std::uint64_t turn) const noexcept {
    return names_[order_[turn]];
  }
  [[nodiscard]] std::uint64_t count(fsm::pair which) noexcept;

  /// Jumps by `span`, and measures from the jump until `asleep` functions are Inactive. Returns
  /// when their resources are released, too.
  [[nodiscard]] measurement put_to_sleep(fsm::duration span, std::uint64_t asleep);
  /// All threads invoke the Inactive functions of the first `turns` turns as fast as they can:
  /// measures from there until all of them are Active.
  [[nodiscard]] measurement wake(std::uint64_t turns);
  /// The same, but only asks for it. Operations are invocations that started a restore.
  [[nodiscard]] measurement invoke(std::uint64_t turns);
  /// Invocations that were answered with `too_many_requests` so far; each was tried again.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(); }

  /// Waits until `released` more releases than `before` have been asked for.
  [[nodiscard]] measurement wait_for_releases(std::uint64_t before, std::uint64_t released);

private:
  void invoke_until_taken(std::string_view name, measurement& mine);

  const name_list& names_;
  const scattered_order& order_;
  std::size_t threads_;
  std::shared_ptr<bench_clock> clock_ = std::make_shared<bench_clock>();
  std::shared_ptr<metered_provider> provider_;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> broken_{false};
  population population_;
};

/// Whether there is time for one more round: the time since `begin` and the longest round so far.
[[nodiscard]] bool has_time_for(double round, time_point begin, double seconds);

}  // namespace bench
