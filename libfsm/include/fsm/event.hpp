#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fsm {

/// What can happen to a function. The first group is asked for by callers, the second told by the
/// provisioner, the third by the reclaimer. No event names the state it leads to: only the table
/// decides that.
enum class event : std::uint8_t {
  // Asked by a caller.
  create,            ///< CreateFunction.
  read,              ///< Any Get or List.
  invoke,            ///< Invoke, RequestResponse.
  invoke_async,      ///< Invoke, Event, by a platform that keeps a queue of events.
  invoke_dry_run,    ///< Invoke, DryRun: permission and existence only.
  update,            ///< UpdateFunctionCode and UpdateFunctionConfiguration.
  update_dry_run,    ///< UpdateFunctionCode with DryRun.
  publish,           ///< PublishVersion that makes a version: renews the RevisionId.
  tag,               ///< TagResource, UntagResource: renews the RevisionId.
  configure,         ///< Aliases, concurrency: what hangs on a function without changing it.
  remove,            ///< DeleteFunction.
  remove_qualified,  ///< DeleteFunction of a version or alias: never touches the function itself.
  // Told by the provisioner.
  attempt_started,      ///< The attempt left the queue. Not observable from outside.
  provision_succeeded,  ///< The resources of a new function are there.
  provision_failed,     ///< They could not be made.
  update_succeeded,     ///< The resources of the new version are there.
  update_failed,        ///< They could not be made.
  restore_succeeded,    ///< The resources of an Inactive function are there again.
  restore_failed,       ///< They could not be made.
  // Told by the reclaimer.
  idle_due,  ///< The function was not invoked for its idle time.
  // Asked by a caller, too. At the end because the numbers are stored.
  permit,        ///< AddPermission, RemovePermission: as `configure`, but renews the RevisionId.
  republish,     ///< PublishVersion when nothing changed since the last version: makes none.
  alias_target,  ///< An alias is made to point at it (a published version).
};

/// Number of enumerators of `event`.
inline constexpr std::size_t event_count = 23;

/// The identifier of `what` as written in the sources: `"provision_succeeded"`. Stable: it is
/// stored in histories.
[[nodiscard]] constexpr std::string_view to_string(event what) noexcept {
  constexpr std::array<std::string_view, event_count> names{"create",
                                                            "read",
                                                            "invoke",
                                                            "invoke_async",
                                                            "invoke_dry_run",
                                                            "update",
                                                            "update_dry_run",
                                                            "publish",
                                                            "tag",
                                                            "configure",
                                                            "remove",
                                                            "remove_qualified",
                                                            "attempt_started",
                                                            "provision_succeeded",
                                                            "provision_failed",
                                                            "update_succeeded",
                                                            "update_failed",
                                                            "restore_succeeded",
                                                            "restore_failed",
                                                            "idle_due",
                                                            "permit",
                                                            "republish",
                                                            "alias_target"};
  const auto index = static_cast<std::size_t>(what);
  return index < names.size() ? names[index] : std::string_view{};
}

}  // namespace fsm
