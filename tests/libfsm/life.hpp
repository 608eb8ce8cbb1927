#pragma once

#include <fsm/step.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <functional>
#include <ostream>
#include <vector>

// One function's life for tests: it keeps the record and the time, and `step` does the rest. What a
// test expects is written out here and there from the rules, never read from the table.

namespace fsm::testing {

using namespace std::chrono_literals;

/// What anybody can see of a function: State, LastUpdateStatus and their reason codes.
struct sight {
  fsm::state state = state::none;
  last_update_status update_status = last_update_status::none;
  reason_code state_reason = reason_code::none;
  reason_code update_reason = reason_code::none;

  friend bool operator==(const sight&, const sight&) = default;
  friend std::ostream& operator<<(std::ostream& out, const sight& s) {
    return out << '(' << wire_name(s.state) << ", " << wire_name(s.update_status) << ", "
               << wire_name(s.state_reason) << ", " << wire_name(s.update_reason) << ')';
  }
};

/// Any cause of a failure; none of its own rules applies to it.
inline constexpr auto some_cause = reason_code::invalid_security_group;

namespace sees {
inline constexpr sight nothing{};
inline constexpr sight creating{state::pending, last_update_status::none, reason_code::creating};
inline constexpr sight ready{state::active, last_update_status::successful};
inline constexpr sight updating{state::active, last_update_status::in_progress, reason_code::none,
                                reason_code::creating};
inline constexpr sight update_failed{state::active, last_update_status::failed, reason_code::none,
                                     some_cause};
inline constexpr sight broken{state::failed, last_update_status::none, some_cause};
inline constexpr sight idle{state::inactive, last_update_status::successful, reason_code::idle};
inline constexpr sight restoring{state::pending, last_update_status::successful,
                                 reason_code::restoring};
inline constexpr sight restore_failed{state::inactive, last_update_status::successful, some_cause};
inline constexpr sight idle_updating{state::inactive, last_update_status::in_progress,
                                     reason_code::idle, reason_code::creating};
inline constexpr sight idle_update_failed{state::inactive, last_update_status::failed,
                                          reason_code::idle, some_cause};
inline constexpr sight restoring_update_failed{state::pending, last_update_status::failed,
                                               reason_code::restoring, some_cause};
}  // namespace sees

class life {
public:
  lifecycle_record record{};
  lifecycle_policy policy{};
  timestamp now{std::chrono::hours{24} * 18'000};

  [[nodiscard]] sight seen() const {
    return {record.pair.state, record.pair.update_status, record.state_reason,
            record.update_reason};
  }

  /// Something happens: to the latest attempt unless another is given.
  outcome on(event what, reason_code reason = reason_code::none) {
    return on(what, record.attempt, reason);
  }
  outcome on(event what, std::uint32_t attempt, reason_code reason) {
    return apply({.event = what, .at = now, .attempt = attempt, .reason = reason});
  }
  outcome apply(const happening& what) {
    const auto result = step(record, what, policy);
    record = result.next;
    return result;
  }

  /// A call that must be refused with `expected`, start nothing and change nothing.
  void refuses(event what, answer expected) {
    const auto before = record;
    const auto result = on(what);
    INFO(to_string(what));
    CHECK(result.answer == expected);
    CHECK(record == before);
    CHECK(result.effects.empty());
    CHECK(result.start + result.release + result.abandon == 0);
  }

  /// A call that is answered and changes nothing, whatever else it may cause.
  outcome accepts_unchanged(event what) {
    const auto before = record;
    const auto result = on(what);
    INFO(to_string(what));
    CHECK(result.answer == answer::accepted);
    CHECK(record == before);
    CHECK(result.start + result.release + result.abandon == 0);
    return result;
  }

  /// An internal event that must be dropped.
  void ignores(event what) {
    const auto before = record;
    const auto result = on(what, some_cause);
    INFO(to_string(what));
    CHECK(result.answer == answer::ignored);
    CHECK(record == before);
    CHECK(result.effects.empty());
  }

  /// A call that changes the RevisionId and nothing else.
  void renews_revision(event what) {
    const auto before = record;
    INFO(to_string(what));
    CHECK(on(what).answer == answer::accepted);
    CHECK(record.revision == before.revision + 1);
    auto after = record;
    after.revision = before.revision;
    CHECK(after == before);
  }

  /// The function ends, and the resources of `released` and `abandoned` (0 = none) go.
  void ends(std::uint32_t released, std::uint32_t abandoned) {
    const auto result = on(event::remove);
    CHECK(result.answer == answer::accepted);
    CHECK(seen() == sees::nothing);
    CHECK(result.has(effect::retire));
    CHECK(result.release == released);
    CHECK(result.abandon == abandoned);
    CHECK(record.held == 0);
  }
};

// Functions in every situation, reached the way a function reaches it.

inline life creating() {
  life f;
  f.on(event::create);
  return f;
}
inline life ready() {
  auto f = creating();
  f.on(event::provision_succeeded);
  return f;
}
inline life updating() {
  auto f = ready();
  f.on(event::update);
  return f;
}
inline life update_failed() {
  auto f = updating();
  f.on(event::update_failed, some_cause);
  return f;
}
inline life broken() {
  auto f = creating();
  f.on(event::provision_failed, some_cause);
  return f;
}
inline life idle() {
  auto f = ready();
  f.on(event::idle_due);
  return f;
}
inline life restoring() {
  auto f = idle();
  f.on(event::invoke);
  return f;
}
/// Inactive because its last restore failed.
inline life restore_failed(reason_code cause = some_cause) {
  auto f = restoring();
  f.on(event::restore_failed, cause);
  return f;
}
inline life idle_updating() {
  auto f = idle();
  f.on(event::update);
  return f;
}
inline life idle_update_failed() {
  auto f = idle_updating();
  f.on(event::update_failed, some_cause);
  return f;
}
inline life restoring_update_failed() {
  auto f = idle_update_failed();
  f.on(event::invoke);
  return f;
}

inline std::vector<life> settled() { return {ready(), update_failed()}; }
inline std::vector<life> inactive() { return {idle(), restore_failed(), idle_update_failed()}; }
inline std::vector<life> coming_back() { return {restoring(), restoring_update_failed()}; }
inline std::vector<life> existing() {
  return {creating(),
          ready(),
          updating(),
          update_failed(),
          broken(),
          idle(),
          restoring(),
          restore_failed(),
          idle_updating(),
          idle_update_failed(),
          restoring_update_failed()};
}

}  // namespace fsm::testing
