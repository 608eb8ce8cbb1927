#pragma once

#include "latency.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace bench {

/// What became of some calls. Latencies count from when a call was meant to be made.
struct storm_figures {
  /// Until what was asked for has happened.
  latency_histogram done;
  /// Until the caller knew that it was refused.
  latency_histogram refused;
  /// Calls that could not be made just then, as the function was busy with an earlier one, or had
  /// nothing to do.
  std::uint64_t pointless = 0;
  std::uint64_t failures = 0;
  std::string first_failure;

  [[nodiscard]] std::uint64_t calls() const {
    return done.count() + refused.count() + pointless + failures;
  }
};

/// Whose functions are meant: every eighth is the quiet tenant's.
enum class storm_tenant : std::uint8_t { loud, quiet };
inline constexpr std::uint64_t functions_per_quiet = 8;
[[nodiscard]] std::string_view name_of(storm_tenant who) noexcept;

/// A population of which the first half sleeps, and calls to it: create, update and wake up, one
/// after the other. All calls end in a callback; any thread.
class storm_caller {
public:
  /// `functions` is at least 32. The runtime must be gone before this is.
  storm_caller(fsm::runtime& runtime, std::uint64_t functions)
      : runtime_{runtime}, functions_{functions} {}
  storm_caller(const storm_caller&) = delete;
  storm_caller& operator=(const storm_caller&) = delete;

  /// Makes the `turn`th call of a tenant's, which was meant to be made at `intended`.
  void call(storm_tenant who, std::uint64_t turn, time_point intended);
  /// Calls that have been accepted and are not done yet.
  [[nodiscard]] std::uint64_t under_way() const noexcept { return under_way_.load(); }
  /// What became of a tenant's calls since the last time.
  [[nodiscard]] storm_figures take(storm_tenant who);
  /// So many functions were created by all calls of a tenant's so far.
  [[nodiscard]] std::uint64_t created(storm_tenant who) const noexcept {
    return sides_[static_cast<std::size_t>(who)].created.load();
  }
  [[nodiscard]] static std::string created_name(storm_tenant who, std::uint64_t which);

private:
  struct side {
    std::mutex mutex;
    storm_figures figures;
    std::atomic<std::uint64_t> created{0};
  };
  /// One call, until it is done.
  struct one {
    storm_tenant who;
    std::string name;
    fsm::condition goal;
    time_point intended;
  };

  void create(one what);
  void update(one what);
  void wake(one what);
  [[nodiscard]] std::string existing_name(storm_tenant who, std::uint64_t turn, bool asleep) const;
  void accepted(one what);
  void refused(const one& what, const fsm::error& why);
  void note(const one& what, bool is_done);

  fsm::runtime& runtime_;
  std::uint64_t functions_;
  std::atomic<std::uint64_t> under_way_{0};
  side sides_[2];
};

}  // namespace bench
