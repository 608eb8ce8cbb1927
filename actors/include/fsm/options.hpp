#pragma once

#include <fsm/clock.hpp>
#include <fsm/expected.hpp>
#include <fsm/observer.hpp>
#include <fsm/provider.hpp>
#include <fsm/step.hpp>
#include <fsm/store.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace spdlog {
class logger;
}

namespace fsm {

/// How attempts to make resources are driven.
struct provisioner_options {
  /// Attempts in flight at once. At least 1. More puts more load on the provider; fewer makes a
  /// wake-up storm queue.
  std::size_t in_flight_max = 256;
  /// Attempts that may wait for a place; beyond it callers get `errc::too_many_requests`. At
  /// least 1.
  std::size_t queued_max = 1'000'000;
  /// Tries per attempt when answers are lost or transient. 1 to 100.
  std::uint32_t attempts_max = 3;
  /// Time one try may take before it counts as lost. At least 1 ms.
  duration attempt_timeout = std::chrono::seconds{100};
  /// Time one attempt may take with all its tries. At least `attempt_timeout`. Below `stuck_after`,
  /// so that a function does not get stuck while somebody still works on it.
  duration provision_deadline = std::chrono::minutes{5};
  /// Pause before the second try; doubled for each further one, with random jitter of up to half.
  /// At least 1 ms.
  duration backoff_min = std::chrono::milliseconds{200};
  /// The longest pause between tries. At least `backoff_min`. (Between those of a release that is
  /// not confirmed: 15 minutes, if that is longer.)
  duration backoff_max = std::chrono::seconds{20};
  /// How often what the provider holds is compared with what functions own, besides at start;
  /// resources that nobody owns are released. At least 1 s; 0 = never.
  duration audit_interval = std::chrono::minutes{10};
};

/// What runs a function's actor when a message finds it idle.
enum class run_mode : std::uint8_t {
  /// The sender, at once, within the bounds of docs/architecture.md. The default, and the fastest.
  inline_when_idle,
  /// Always CAF's scheduler. With CAF's test coordinator a run is single-threaded and reproducible;
  /// a synchronous call
  /// then runs the scheduler (and a manual clock) until it is answered.
  scheduled,
};

/// What an invocation of an Inactive function does, besides starting the restore.
enum class on_inactive : std::uint8_t {
  fail,  ///< It is refused at once (the seed's rule; what Lambda does).
  hold,  ///< A synchronous `admit` waits for the restore, at most `hold_max`, and is then tried
         ///< once more.
};

/// What the time during which no runtime was there does to idle clocks.
enum class idle_after_restart : std::uint8_t {
  remaining,  ///< Nothing: an idle clock goes on where it was when the last owner ended.
  absolute,   ///< It counts as idle time.
  anew,       ///< Every idle clock starts anew, as if each function had just been used.
};

/// Everything a runtime can be told. Validated once, when it starts; an error names the field, its
/// value and the rule.
struct options {
  /// Where functions are kept. Null = `make_memory_store()`.
  std::shared_ptr<fsm::store> store{};
  /// Who makes and releases resources. Null = `make_instant_provider()`.
  std::shared_ptr<resource_provider> provider{};
  /// The time. Null = `make_system_clock()`.
  std::shared_ptr<fsm::clock> clock{};
  /// An Active function not invoked for this long becomes Inactive. 1 ms to 10 years.
  duration idle_after = std::chrono::days{14};
  /// An admission not completed for this long counts as lost once its function is otherwise quiet.
  /// At least 1 ms. Lambda's longest invocation is 15 minutes.
  duration admission_timeout = std::chrono::minutes{20};
  provisioner_options provisioner{};
  /// Functions that may exist at once; address space (not memory) is reserved for them. 1 to 2^26.
  std::size_t functions_max = std::size_t{1} << 24;
  /// Transitions that may be on their way to the store; beyond it callers get
  /// `errc::too_many_requests`. At least 16.
  std::size_t journal_max = 65'536;
  /// Calls with a callback that may be under way at once, and waits on their way to be armed;
  /// beyond it the callback gets `errc::too_many_requests` before the call returns. Each takes some
  /// 300 bytes, and what it brings. At least 1.
  std::size_t calls_max = std::size_t{1} << 18;
  /// Waiters that may be armed at once; beyond it callers get `errc::too_many_requests`. At
  /// least 1.
  std::size_t waiters_max = std::size_t{1} << 22;
  /// How much of what all share one tenant may take, once functions of more than one tenant have
  /// been seen: attempts in flight and queued, transitions on their way to the store, waiters. Who
  /// has more than so many times what is free gets no more, and callers
  /// `errc::too_many_requests`: with 3 one storming tenant gets three quarters, two get three
  /// sevenths each. At most 1000; more leaves less for the others. 0 = everybody may take
  /// everything.
  std::uint32_t tenant_share = 3;
  /// Threads of the runtime's own, when it owns its actor system. 0 = one per core. At most 1024.
  std::size_t threads = 0;
  run_mode run = run_mode::inline_when_idle;
  on_inactive inactive = on_inactive::fail;
  idle_after_restart after_restart = idle_after_restart::remaining;
  /// See `on_inactive::hold`. At least 1 ms.
  duration hold_max = std::chrono::seconds{30};
  lifecycle_policy policy{};
  /// Told of everything, from the start on. Not null.
  std::vector<std::shared_ptr<observer>> observers{};
  /// Where log lines go. Null = nowhere.
  std::shared_ptr<spdlog::logger> log{};
  /// Seed of the jitter of retries, so that a run can be repeated.
  std::uint64_t seed = 1;
};

/// Checks every rule above. The first one broken is reported, as `errc::invalid_argument`, by the
/// field's name.
[[nodiscard]] expected<void> validate(const options& what);

}  // namespace fsm
