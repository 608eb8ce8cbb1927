#pragma once

#include <fsm/event.hpp>
#include <fsm/pair.hpp>
#include <fsm/reason.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

/// \file
/// The lifecycle of a function, as one table. This is the only place that says which call is
/// accepted when, what each event leads to and what has to be done about it. `step`
/// (<fsm/step.hpp>) applies it; the documentation (docs/lifecycle.md) is generated from it;
/// <fsm/checks.hpp> proves that it is complete and deterministic.

namespace fsm {

/// A small set of enumerators or indices, as bits.
template <class Tag, class Bits>
struct bit_set {
  Bits bits = 0;

  [[nodiscard]] constexpr bool contains(std::size_t index) const noexcept {
    return (bits >> index & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits == 0; }
  friend constexpr bit_set operator|(bit_set a, bit_set b) noexcept {
    return {static_cast<Bits>(a.bits | b.bits)};
  }
  friend constexpr bool operator==(bit_set, bit_set) = default;
};

/// What an answer to the event is. Refusals change nothing, but for the two that the rules demand
/// to act as well: an invocation that starts a restore (T27) and a call that cancels a stuck
/// operation (T08, T54).
enum class answer : std::uint8_t {
  accepted,        ///< Done, or started.
  ignored,         ///< An internal event that no longer applies; nothing happens.
  not_found,       ///< There is no such function.
  already_exists,  ///< There is one already.
  pending,         ///< Invocation refused: first provisioning is not finished.
  initializing,    ///< Invocation refused: resources are being brought back.
  failed,          ///< Invocation refused: the function is Failed, or cannot be restored just now.
  state_conflict,  ///< Mutation refused because of the State.
  update_in_progress,  ///< Mutation refused because of the LastUpdateStatus.
  revision_mismatch,   ///< The expected revision is not the current one (decided before the table,
                       ///< T44).
};

/// The identifier of `what` as written above: "update_in_progress". "" for unknown values.
[[nodiscard]] constexpr std::string_view to_string(answer what) noexcept {
  switch (what) {
    case answer::accepted: return "accepted";
    case answer::ignored: return "ignored";
    case answer::not_found: return "not_found";
    case answer::already_exists: return "already_exists";
    case answer::pending: return "pending";
    case answer::initializing: return "initializing";
    case answer::failed: return "failed";
    case answer::state_conflict: return "state_conflict";
    case answer::update_in_progress: return "update_in_progress";
    case answer::revision_mismatch: return "revision_mismatch";
  }
  return {};
}

/// What has to be done when a row applies. `step` does the ones that only touch the record; the
/// rest is for the caller.
enum class effect : std::uint8_t {
  provision,  ///< Start an attempt to make the resources of a new function.
  update,     ///< Start an attempt to make the resources of a new version.
  restore,    ///< Start an attempt to make the resources of the current version again.
  adopt,      ///< The attempt's resources are now the function's.
  abandon,    ///< The attempt in flight, or just failed, is given up: whatever it made is released.
  release,    ///< The resources the function holds are released, once nothing runs on them.
  replace,    ///< The document given with the event becomes the current version at once.
  swap,     ///< The target version becomes the current one; running invocations end on the old one.
  discard,  ///< The target version is dropped.
  retire,   ///< The function ends: its name is free, running invocations end on what they have.
  touch,    ///< The idle clock starts anew.
  renew_revision,  ///< The RevisionId changes although the situation does not.
};

/// Conditions that split a (pair, event) cell. They come in complementary pairs, so that a cell
/// stays decided.
enum class guard : std::uint8_t {
  always,
  fresh,   ///< The function has been Pending for at most `stuck_after`.
  stuck,   ///< It has been Pending for longer.
  rested,  ///< No pause after a failed restore applies.
  paused,  ///< The last restore failed less than `restore_pause` ago for a cause that needs a
           ///< pause.
  failed_rejects,  ///< Policy: a Failed function refuses updates (default; the seed's rule).
  failed_accepts,  ///< Policy: an update of a Failed function creates it anew.
  pending_open,    ///< Policy: tags and configuration are accepted in Pending (default).
  pending_closed,  ///< Policy: they are refused, to the letter of the seed.
  tags_strict,     ///< Policy: tags are refused while an update is in progress (default).
  tags_lenient,    ///< Policy: they are accepted.
};

/// How a row treats a reason code (State's or LastUpdateStatus').
enum class reason_rule : std::uint8_t {
  keep,       ///< As it is.
  clear,      ///< Removed.
  creating,   ///< Creating.
  idle,       ///< Idle.
  restoring,  ///< Restoring.
  given,      ///< The code that came with the event.
  internal,   ///< InternalError.
};

using pair_set = bit_set<struct pair_tag, std::uint16_t>;
using event_set = bit_set<struct event_tag, std::uint32_t>;
using effect_set = bit_set<struct effect_tag, std::uint16_t>;

[[nodiscard]] constexpr effect_set operator+(effect e) noexcept {
  return {static_cast<std::uint16_t>(1U << static_cast<unsigned>(e))};
}

/// One rule: in any pair of `from`, on any event of `on`, when `when` holds: go to `to`, set the
/// reasons, give the answer, do the effects.
struct row {
  std::string_view id;  ///< Stable name of the rule; tests and documentation refer to it.
  pair_set from;
  event_set on;
  guard when = guard::always;
  pair to;            ///< Meaningless when `stays`.
  bool stays = true;  ///< The pair does not change.
  reason_rule state_reason = reason_rule::keep;
  reason_rule update_reason = reason_rule::keep;
  fsm::answer answer = fsm::answer::accepted;
  effect_set effects;
};

namespace table_words {  // The vocabulary of the table below. Nothing here decides anything.

[[nodiscard]] consteval pair_set in(std::initializer_list<pair> list) {
  pair_set set;
  for (const pair& p : list) set.bits = static_cast<std::uint16_t>(set.bits | 1U << index_of(p));
  return set;
}
[[nodiscard]] consteval event_set on(std::initializer_list<event> list) {
  event_set set;
  for (event e : list) set.bits |= 1U << static_cast<unsigned>(e);
  return set;
}
[[nodiscard]] consteval effect_set then(std::initializer_list<effect> list) {
  effect_set set;
  for (effect e : list) set = set | +e;
  return set;
}
/// A rule that changes nothing about the situation.
[[nodiscard]] consteval row stay(std::string_view id, pair_set from, event_set events, guard when,
                                 answer a, effect_set effects = {}) {
  return {id, from, events, when, {}, true, reason_rule::keep, reason_rule::keep, a, effects};
}
/// A rule that leads somewhere.
[[nodiscard]] consteval row move(std::string_view id, pair_set from, event_set events, guard when,
                                 pair to, reason_rule state_reason, reason_rule update_reason,
                                 answer a, effect_set effects) {
  return {id, from, events, when, to, false, state_reason, update_reason, a, effects};
}

inline constexpr auto none_yet = in({pairs::absent});
inline constexpr auto creating = in({pairs::creating});
inline constexpr auto ready = in({pairs::ready});
inline constexpr auto updating = in({pairs::updating});
inline constexpr auto upd_failed = in({pairs::update_failed});
inline constexpr auto broken = in({pairs::broken});
inline constexpr auto idle = in({pairs::idle});
inline constexpr auto restoring = in({pairs::restoring});
inline constexpr auto idle_updating = in({pairs::idle_updating});
inline constexpr auto idle_upd_failed = in({pairs::idle_update_failed});
inline constexpr auto restoring_upd_failed = in({pairs::restoring_update_failed});

inline constexpr auto settled = ready | upd_failed;
inline constexpr auto inactive = idle | idle_upd_failed;
inline constexpr auto coming_back = restoring | restoring_upd_failed;
inline constexpr auto existing =
    creating | settled | updating | broken | inactive | coming_back | idle_updating;

/// Every existing situation but those of `left_out`.
[[nodiscard]] consteval pair_set existing_but(pair_set left_out) {
  return {static_cast<std::uint16_t>(existing.bits & ~left_out.bits)};
}

inline constexpr auto any_invoke = on({event::invoke, event::invoke_async, event::invoke_dry_run});
inline constexpr auto any_publish = on({event::publish, event::republish});
inline constexpr auto update_or_publish = on({event::update}) | any_publish;
inline constexpr auto any_update = on({event::update, event::update_dry_run});
inline constexpr auto any_call = any_invoke | any_update | any_publish |
                                 on({event::read, event::tag, event::configure, event::permit,
                                     event::alias_target, event::remove, event::remove_qualified});
inline constexpr auto from_provisioner =
    on({event::attempt_started, event::provision_succeeded, event::provision_failed,
        event::update_succeeded, event::update_failed, event::restore_succeeded,
        event::restore_failed});

}  // namespace table_words

// clang-format off
/// The lifecycle. T01-T60 are the rules of the specification; N rows decide the cells the rules take for granted.
inline constexpr auto lifecycle = [] {
  using namespace table_words;
  using enum event;
  using enum guard;
  using r = reason_rule;
  using a = answer;
  using e = effect;
  namespace p = pairs;
  return std::to_array<row>({
  // id          in                                    on                                when            to                         State reason   update reason  answer                  then
  // --- no such function -----------------------------------------------------------------------------------------------------------------------------------------------------------------
  move("T01",    none_yet,                             on({create}),                     always,         p::creating,               r::creating,   r::clear,      a::accepted,            then({e::provision, e::replace})),
  stay("N01",    none_yet,                             any_call,                         always,                                                                 a::not_found),
  stay("N02",    none_yet,                             from_provisioner | on({idle_due}), always,                                                                a::ignored),
  // --- in every situation ---------------------------------------------------------------------------------------------------------------------------------------------------------------
  stay("T10",    existing,                             on({create}),                     always,                                                                 a::already_exists),
  stay("T09",    existing,                             on({read}),                       always,                                                                 a::accepted),            // also T22, T37
  stay("T43",    existing,                             on({remove_qualified}),           always,                                                                 a::accepted),
  stay("V06",    creating | coming_back | broken,      on({alias_target}),               always,                                                                 a::state_conflict),
  stay("N15",    existing_but(creating | coming_back | broken), on({alias_target}),      always,                                                                 a::accepted),
  // --- Pending, first provisioning ------------------------------------------------------------------------------------------------------------------------------------------------------
  stay("T03",    creating,                             on({attempt_started}),            always,                                                                 a::accepted),
  move("T04",    creating,                             on({provision_succeeded}),        always,         p::ready,                  r::clear,      r::clear,      a::accepted,            then({e::adopt, e::touch})),
  move("T05",    creating,                             on({provision_failed}),           always,         p::broken,                 r::given,      r::clear,      a::accepted,            then({e::abandon})),
  stay("T06",    creating,                             any_invoke,                       always,                                                                 a::pending),
  stay("T07",    creating,                             update_or_publish,                fresh,                                                                  a::state_conflict),
  move("T08",    creating,                             update_or_publish,                stuck,          p::broken,                 r::internal,   r::clear,      a::state_conflict,      then({e::abandon})),
  stay("T07d",   creating,                             on({update_dry_run}),             always,                                                                 a::state_conflict),
  move("T11",    creating,                             on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::abandon, e::retire})),
  stay("T12t",   creating,                             on({tag, permit}),                pending_open,                                                           a::accepted,             then({e::renew_revision})),
  stay("T12c",   creating,                             on({configure}),                  pending_open,                                                           a::accepted),
  stay("T12x",   creating,                             on({tag, configure, permit}),     pending_closed,                                                         a::state_conflict),
  // --- Active ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------
  move("T13",    settled,                              on({update}),                     always,         p::updating,               r::keep,       r::creating,   a::accepted,            then({e::update})),      // also T14
  stay("T15",    settled,                              on({update_dry_run}),             always,                                                                 a::accepted),
  stay("T25",    settled,                              on({invoke, invoke_async}),       always,                                                                 a::accepted,             then({e::touch})),
  stay("T25d",   settled,                              on({invoke_dry_run}),             always,                                                                 a::accepted),
  move("T26",    ready,                                on({idle_due}),                   always,         p::idle,                   r::idle,       r::keep,       a::accepted,            then({e::release})),
  move("T60",    upd_failed,                           on({idle_due}),                   always,         p::idle_update_failed,     r::idle,       r::keep,       a::accepted,            then({e::release})),
  stay("T46",    settled,                              on({configure}),                  always,                                                                 a::accepted),
  stay("N03",    settled,                              on({tag, permit}),                always,                                                                 a::accepted,             then({e::renew_revision})),
  stay("T47",    settled,                              on({publish}),                    always,                                                                 a::accepted,             then({e::renew_revision})),  // also T50
  stay("T48",    settled,                              on({republish}),                  always,                                                                 a::accepted),
  move("N04",    settled,                              on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::release, e::retire})),
  // --- Active, update in progress -------------------------------------------------------------------------------------------------------------------------------------------------------
  move("T16",    updating,                             on({update_succeeded}),           always,         p::ready,                  r::keep,       r::clear,      a::accepted,            then({e::release, e::adopt, e::swap})),
  move("T17",    updating,                             on({update_failed}),              always,         p::update_failed,          r::keep,       r::given,      a::accepted,            then({e::abandon, e::discard})),
  stay("T18",    updating,                             any_update,                       always,                                                                 a::update_in_progress),
  stay("T19",    updating,                             any_publish,                      always,                                                                 a::update_in_progress),
  stay("T20",    updating,                             on({tag}),                        tags_strict,                                                            a::update_in_progress),
  stay("T20x",   updating,                             on({tag}),                        tags_lenient,                                                           a::accepted,             then({e::renew_revision})),
  stay("T21",    updating,                             on({invoke, invoke_async}),       always,                                                                 a::accepted,             then({e::touch})),
  stay("T21d",   updating,                             on({invoke_dry_run}),             always,                                                                 a::accepted),
  move("T23",    updating,                             on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::abandon, e::release, e::discard, e::retire})),
  stay("T24",    updating,                             on({configure}),                  always,                                                                 a::accepted),
  stay("T24p",   updating,                             on({permit}),                     always,                                                                 a::accepted,             then({e::renew_revision})),
  stay("T49",    updating,                             on({idle_due}),                   always,                                                                 a::ignored),
  stay("N05",    updating,                             on({attempt_started}),            always,                                                                 a::accepted),
  // --- Inactive -------------------------------------------------------------------------------------------------------------------------------------------------------------------------
  move("T27",    idle,                                 on({invoke}),                     rested,         p::restoring,              r::restoring,  r::keep,       a::initializing,        then({e::restore})),
  move("T58i",   idle_upd_failed,                      on({invoke}),                     rested,         p::restoring_update_failed, r::restoring, r::keep,       a::initializing,        then({e::restore})),
  move("T28",    idle,                                 on({invoke_async}),               rested,         p::restoring,              r::restoring,  r::keep,       a::accepted,            then({e::restore})),
  move("T58a",   idle_upd_failed,                      on({invoke_async}),               rested,         p::restoring_update_failed, r::restoring, r::keep,       a::accepted,            then({e::restore})),
  stay("T32",    inactive,                             on({invoke}),                     paused,                                                                 a::failed),
  stay("T32a",   inactive,                             on({invoke_async}),               paused,                                                                 a::accepted),
  stay("T28d",   inactive,                             on({invoke_dry_run}),             always,                                                                 a::accepted),
  move("T33",    inactive,                             on({update}),                     always,         p::idle_updating,          r::keep,       r::creating,   a::accepted,            then({e::update})),      // also T58
  move("T36",    inactive,                             on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::retire})),      // also T58
  stay("T37",    inactive,                             on({configure, update_dry_run}),  always,                                                                 a::accepted),
  stay("T37t",   inactive,                             on({tag, permit}),                always,                                                                 a::accepted,             then({e::renew_revision})),
  stay("T38",    inactive,                             on({publish}),                    always,                                                                 a::accepted,             then({e::renew_revision})),  // also T58
  stay("T38r",   inactive,                             on({republish}),                  always,                                                                 a::accepted),
  // --- Pending, being restored ----------------------------------------------------------------------------------------------------------------------------------------------------------
  stay("T29",    coming_back,                          on({invoke}),                     always,                                                                 a::initializing),
  stay("T29a",   coming_back,                          on({invoke_async, invoke_dry_run}), always,                                                               a::accepted),
  move("T30",    restoring,                            on({restore_succeeded}),          always,         p::ready,                  r::clear,      r::keep,       a::accepted,            then({e::adopt, e::touch})),
  move("T31",    restoring,                            on({restore_failed}),             always,         p::idle,                   r::given,      r::keep,       a::accepted,            then({e::abandon})),
  move("T58s",   restoring_upd_failed,                 on({restore_succeeded}),          always,         p::update_failed,          r::clear,      r::keep,       a::accepted,            then({e::adopt, e::touch})),
  move("T58f",   restoring_upd_failed,                 on({restore_failed}),             always,         p::idle_update_failed,     r::given,      r::keep,       a::accepted,            then({e::abandon})),
  stay("T51",    coming_back,                          update_or_publish,                fresh,                                                                  a::state_conflict),
  stay("T51d",   coming_back,                          on({update_dry_run}),             always,                                                                 a::state_conflict),
  stay("T52t",   coming_back,                          on({tag, permit}),                pending_open,                                                           a::accepted,             then({e::renew_revision})),
  stay("T52c",   coming_back,                          on({configure}),                  pending_open,                                                           a::accepted),
  stay("T52x",   coming_back,                          on({tag, configure, permit}),     pending_closed,                                                         a::state_conflict),
  move("T53",    coming_back,                          on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::abandon, e::retire})),
  move("T54",    restoring,                            update_or_publish,                stuck,          p::idle,                   r::internal,   r::keep,       a::state_conflict,      then({e::abandon})),
  move("T54f",   restoring_upd_failed,                 update_or_publish,                stuck,          p::idle_update_failed,     r::internal,   r::keep,       a::state_conflict,      then({e::abandon})),
  stay("N06",    coming_back,                          on({attempt_started}),            always,                                                                 a::accepted),
  // --- Inactive, update in progress -----------------------------------------------------------------------------------------------------------------------------------------------------
  move("T34",    idle_updating,                        on({update_succeeded}),           always,         p::ready,                  r::clear,      r::clear,      a::accepted,            then({e::adopt, e::swap, e::touch})),
  move("T35",    idle_updating,                        on({update_failed}),              always,         p::idle_update_failed,     r::keep,       r::given,      a::accepted,            then({e::abandon, e::discard})),
  stay("T55",    idle_updating,                        on({invoke}),                     always,                                                                 a::initializing),
  stay("T55a",   idle_updating,                        on({invoke_async, invoke_dry_run}), always,                                                               a::accepted),
  stay("T56",    idle_updating,                        any_update | any_publish,         always,                                                                 a::update_in_progress),
  stay("T56t",   idle_updating,                        on({tag}),                        tags_strict,                                                            a::update_in_progress),
  stay("T56x",   idle_updating,                        on({tag}),                        tags_lenient,                                                           a::accepted,             then({e::renew_revision})),
  move("T57",    idle_updating,                        on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::abandon, e::discard, e::retire})),
  stay("N07",    idle_updating,                        on({configure}),                  always,                                                                 a::accepted),
  stay("N07p",   idle_updating,                        on({permit}),                     always,                                                                 a::accepted,             then({e::renew_revision})),
  stay("N08",    idle_updating,                        on({attempt_started}),            always,                                                                 a::accepted),
  // --- Failed ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------
  stay("T39",    broken,                               any_invoke,                       always,                                                                 a::failed),
  stay("T40",    broken,                               any_update,                       failed_rejects,                                                         a::state_conflict),
  move("T40x",   broken,                               on({update}),                     failed_accepts, p::creating,               r::creating,   r::clear,      a::accepted,            then({e::provision, e::replace})),
  stay("T40d",   broken,                               on({update_dry_run}),             failed_accepts,                                                         a::accepted),
  stay("T41",    broken,                               any_publish,                      always,                                                                 a::state_conflict),
  move("T42",    broken,                               on({remove}),                     always,         p::absent,                 r::clear,      r::clear,      a::accepted,            then({e::retire})),
  stay("N09",    broken,                               on({configure}),                  always,                                                                 a::accepted),
  stay("N10",    broken,                               on({tag, permit}),                always,                                                                 a::accepted,             then({e::renew_revision})),
  // --- what came too late, or for somebody else: dropped ------------------------------------------------------------------------------------------------------------------------------------
  stay("T59",    broken | creating | inactive | coming_back | idle_updating, on({idle_due}), always,                                                             a::ignored),
  stay("N11",    settled | broken | inactive,          on({attempt_started}),            always,                                                                 a::ignored),
  stay("N12",    existing_but(creating),               on({provision_succeeded, provision_failed}), always,                                                      a::ignored),
  stay("N13",    existing_but(updating | idle_updating), on({update_succeeded, update_failed}), always,                                                          a::ignored),
  stay("N14",    existing_but(coming_back),            on({restore_succeeded, restore_failed}), always,                                                          a::ignored),
  });
}();
// clang-format on

}  // namespace fsm
