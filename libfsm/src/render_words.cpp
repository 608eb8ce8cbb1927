#include "render_words.hpp"

namespace fsm::words {

std::string_view name(answer which) noexcept {
  switch (which) {
    case answer::accepted: return "accepted";
    case answer::ignored: return "ignored";
    case answer::not_found: return "not found";
    case answer::already_exists: return "already exists";
    case answer::pending: return "pending";
    case answer::initializing: return "initializing";
    case answer::failed: return "failed";
    case answer::state_conflict: return "state conflict";
    case answer::update_in_progress: return "update in progress";
    case answer::revision_mismatch: return "revision mismatch";
  }
  return "";
}

std::string_view meaning(answer which) noexcept {
  switch (which) {
    case answer::accepted: return "Done, or started.";
    case answer::ignored: return "An internal event that no longer applies is dropped.";
    case answer::not_found: return "There is no such function.";
    case answer::already_exists: return "There is such a function already.";
    case answer::pending: return "An invocation fails: the function is being created.";
    case answer::initializing:
      return "An invocation fails: the function's resources are being brought back.";
    case answer::failed:
      return "An invocation fails: the function is Failed, or a restore failed a moment ago.";
    case answer::state_conflict: return "The call fails because of the State.";
    case answer::update_in_progress: return "The call fails because an update is in progress.";
    case answer::revision_mismatch:
      return "The call names a RevisionId that is not the current one (T44). Decided before any "
             "rule.";
  }
  return "";
}

std::string_view name(effect which) noexcept {
  switch (which) {
    case effect::provision: return "provision";
    case effect::update: return "update";
    case effect::restore: return "restore";
    case effect::adopt: return "adopt";
    case effect::abandon: return "abandon";
    case effect::release: return "release";
    case effect::replace: return "replace";
    case effect::swap: return "swap";
    case effect::discard: return "discard";
    case effect::retire: return "retire";
    case effect::touch: return "touch";
    case effect::renew_revision: return "renew revision";
  }
  return "";
}

std::string_view meaning(effect which) noexcept {
  switch (which) {
    case effect::provision: return "An attempt starts to make the resources of a new function.";
    case effect::update: return "An attempt starts to make the resources of a new version.";
    case effect::restore:
      return "An attempt starts to make the resources of the current version again.";
    case effect::adopt: return "What the attempt made is now the function's.";
    case effect::abandon: return "The latest attempt is given up; whatever it made is released.";
    case effect::release:
      return "The resources the function holds are released when nothing runs on them.";
    case effect::replace: return "The given document becomes the current version at once.";
    case effect::swap:
      return "The new version becomes the current one; running invocations end on the old one.";
    case effect::discard: return "The new version is dropped.";
    case effect::retire:
      return "The function ends and its name is free; running invocations may end.";
    case effect::touch: return "The idle clock starts anew.";
    case effect::renew_revision: return "The RevisionId changes although the situation does not.";
  }
  return "";
}

std::string_view name(guard which) noexcept {
  switch (which) {
    case guard::always: return "always";
    case guard::fresh: return "fresh";
    case guard::stuck: return "stuck";
    case guard::rested: return "rested";
    case guard::paused: return "paused";
    case guard::failed_rejects: return "failed rejects";
    case guard::failed_accepts: return "failed accepts";
    case guard::pending_open: return "pending open";
    case guard::pending_closed: return "pending closed";
    case guard::tags_strict: return "tags strict";
    case guard::tags_lenient: return "tags lenient";
  }
  return "";
}

std::string_view meaning(guard which) noexcept {
  switch (which) {
    case guard::always: return "No condition.";
    case guard::fresh: return "The function has been Pending for at most six minutes.";
    case guard::stuck: return "It has been Pending for longer.";
    case guard::rested: return "No pause after a failed restore applies.";
    case guard::paused:
      return "The last restore failed less than five minutes ago, with InsufficientRolePermissions "
             "or "
             "SubnetOutOfIPAddresses.";
    case guard::failed_rejects:
      return "Policy `failed_accepts_update` is off, as it is unless chosen.";
    case guard::failed_accepts: return "Policy `failed_accepts_update` is on.";
    case guard::pending_open: return "Policy `pending_refuses_all` is off, as it is unless chosen.";
    case guard::pending_closed: return "Policy `pending_refuses_all` is on.";
    case guard::tags_strict: return "Policy `tags_during_update` is off, as it is unless chosen.";
    case guard::tags_lenient: return "Policy `tags_during_update` is on.";
  }
  return "";
}

std::string_view name(reason_rule which) noexcept {
  switch (which) {
    case reason_rule::keep: return "kept";
    case reason_rule::clear: return "none";
    case reason_rule::creating: return "Creating";
    case reason_rule::idle: return "Idle";
    case reason_rule::restoring: return "Restoring";
    case reason_rule::given: return "the cause";
    case reason_rule::internal: return "InternalError";
  }
  return "";
}

std::string_view meaning(pair which) noexcept {
  constexpr std::array<std::string_view, legal_pairs.size()> texts{
      "Never created, or deleted.",
      "The first resources are being made.",
      "The normal situation: invocations run.",
      "An update runs; invocations run the version before it.",
      "The last update was abandoned; invocations run the version before it.",
      "Creation failed.",
      "Not invoked for long; its resources were reclaimed, or the last restore failed.",
      "An invocation found it Inactive; its resources are being made again.",
      "It was Inactive when an update came, which brings it up.",
      "As idle, and its last update failed.",
      "As restoring, and its last update failed.",
  };
  const auto index = index_of(which);
  return index < texts.size() ? texts[index] : std::string_view{};
}

}  // namespace fsm::words
