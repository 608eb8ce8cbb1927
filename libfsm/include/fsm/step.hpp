#pragma once

#include <fsm/lifecycle.hpp>
#include <fsm/time.hpp>

#include <cstdint>

namespace fsm {

/// A Pending function that did not settle for this long is stuck: the next update or publish
/// cancels the operation (T08, T54). AWS documents "about six minutes".
inline constexpr duration stuck_after = std::chrono::minutes{6};

/// After a restore failed for missing addresses or permissions, no new one is tried for this long
/// (T32).
inline constexpr duration restore_pause = std::chrono::minutes{5};

/// What the lifecycle remembers of one function: all that the table needs, and nothing else. 32
/// bytes; a function's actor owns exactly one, and `step` is the only code that makes a new one.
struct lifecycle_record {
  fsm::pair pair;
  reason_code state_reason = reason_code::none;
  reason_code update_reason = reason_code::none;
  /// Counts everything that renews the RevisionId. 0 only while absent.
  std::uint32_t revision = 0;
  /// The latest attempt. Counted up for ever, never reused, so that (uid, attempt) names it across
  /// restarts.
  std::uint32_t attempt = 0;
  /// When State last changed.
  timestamp since{};
  /// The attempt that introduced the document now in use; it is that document's version.
  std::uint32_t version = 0;
  /// The attempt whose resources the function holds; 0 = it holds none.
  std::uint32_t held = 0;

  /// The version being brought up by an update in progress, else 0.
  [[nodiscard]] constexpr std::uint32_t target() const noexcept {
    return pair.update_status == last_update_status::in_progress ? attempt : 0;
  }
  friend constexpr bool operator==(const lifecycle_record&, const lifecycle_record&) = default;
};

/// Where users may choose between two readings of the rules. The defaults are the seed's, as
/// amended by what AWS does today; docs/lifecycle.md lists the choices.
struct lifecycle_policy {
  /// An update of a Failed function creates it anew instead of being refused (T40x).
  bool failed_accepts_update = false;
  /// In Pending even tags and configuration are refused (T12x, T52x).
  bool pending_refuses_all = false;
  /// Tags are accepted while an update is in progress (T20x, T56x).
  bool tags_during_update = false;
};

/// Something that happens to a function.
struct happening {
  fsm::event event = event::read;
  timestamp at{};
  /// For completions: the attempt they belong to. A completion of any other attempt than the latest
  /// is ignored.
  std::uint32_t attempt = 0;
  /// For failures: the cause.
  reason_code reason = reason_code::none;
  /// For calls: the revision the caller expects, or 0 when it does not care (T44).
  std::uint32_t expected_revision = 0;
  /// For create, update, publish, tag, configure and permit: it brings new metadata, so that there
  /// is something to keep although the situation may stay as it is. Nothing else brings any.
  bool brings_metadata = false;
};

/// What came of it. `effects` is what the caller has to do; the attempt numbers say to which
/// resources.
struct outcome {
  lifecycle_record next;
  fsm::answer answer = answer::accepted;
  effect_set effects;
  /// The rule that applied; null when the answer was given before the table was asked (T44, stale
  /// completions).
  const row* rule = nullptr;
  /// The metadata that came with the event counts from now on.
  bool takes_metadata = false;
  /// The attempt to start, if any effect starts one, else 0.
  std::uint32_t start = 0;
  /// Attempts whose resources are no longer needed: what the function held, and what it gives up. 0
  /// = none.
  std::uint32_t release = 0;
  std::uint32_t abandon = 0;

  [[nodiscard]] constexpr bool has(effect which) const noexcept {
    return effects.contains(static_cast<std::size_t>(which));
  }
  /// True when the record or the metadata differs, so that there is a transition to journal and to
  /// tell others.
  [[nodiscard]] constexpr bool changed(const lifecycle_record& before) const noexcept {
    return next.revision != before.revision || next.pair != before.pair || takes_metadata;
  }
};

/// Applies one event to one function. Pure: reads no clock, allocates nothing, throws nothing.
/// A pair that is not in `legal_pairs` answers `ignored` and stays as it is.
[[nodiscard]] constexpr outcome step(const lifecycle_record& record, const happening& what,
                                     const lifecycle_policy& policy = {}) noexcept;

}  // namespace fsm

#include <fsm/detail/step_impl.hpp>
