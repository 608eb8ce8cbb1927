#pragma once

#include <array>
#include <string_view>

/// What fsm-platform answers where it is not known what AWS does, or where it cannot be done here.
struct choice {
  std::string_view situation;
  std::string_view answer;
  std::string_view reason;
};

// clang-format off
inline constexpr auto choices = std::to_array<choice>({
  {"How long a function may be idle",
   "14 days (`--idle-after`), counted from the last invocation; reading it does not count",
   "AWS says \"weeks\" and no number"},
  {"Invoke of an Inactive function, and during its restore",
   "409 CodeArtifactUserPendingException, and the restore starts",
   "this is what clients report today; older documentation of VPC functions has 502 ResourceNotReadyException"},
  {"StateReason during a restore", "\"The function is being restored.\", code Restoring",
   "only the code is known"},
  {"LastUpdateStatus during a restore, and of an Inactive function",
   "what it was before: Successful or Failed, with its reason",
   "idling is no update, so it takes back nothing that was said about the last one"},
  {"State during the update of an Inactive function",
   "Inactive with LastUpdateStatus InProgress; Active when the update has succeeded",
   "it cannot be invoked before the update has made its resources"},
  {"Update or publish of a function whose creation failed",
   "409 ResourceConflictException",
   "it has no resources to go back to; delete it and create it again"},
  {"Update or publish of a function that has been Pending for over six minutes",
   "409 ResourceConflictException, and what was under way is given up: Failed, or Inactive again, with InternalError",
   "the documentation says that such a call cancels a stuck operation, and not with which code"},
  {"Reading a function during an update, and after one that failed",
   "the new settings during it; after a failure those before it, LastModified too",
   "after a failure these are the settings that invocations have"},
  {"Invoke with type DryRun",
   "the refusal of a real invocation in Pending and Failed; 204 when Inactive, and no restore starts",
   "it says whether an invocation would be accepted, and changes nothing"},
  {"Invoke with type Event in Pending (Creating) and Failed", "refused like a synchronous one",
   "there is no version yet that could run it"},
  {"Invoke with type Event when Inactive or during a restore", "202, and the restore starts",
   "events are delivered later in any case"},
  {"Invoke of a Failed function, and of an Inactive one within five minutes of a failed restore",
   "the error of the cause, as SubnetIPAddressLimitReachedException for SubnetOutOfIPAddresses; where there is none, 409 with the state",
   "the names of errors and causes correspond, although no table of them is published"},
  {"Tags, aliases, permissions and concurrency of a Pending function", "accepted",
   "only Invoke, updates and PublishVersion are documented as refused"},
  {"Deleting a function with versions", "its versions go first, then the function; then 204",
   "should the process end in between, no version is ever without its function"},
  {"Resources of a version", "it shares the addresses and interfaces of its function, and has an idle clock of its own",
   "AWS shares network interfaces between functions with the same subnets and groups"},
  {"CreateAlias and UpdateAlias to a version that is Pending or Failed", "409 ResourceConflictException",
   "reported for UpdateAlias; an alias to $LATEST is accepted in every state"},
  {"PublishVersion after the last version was deleted", "a new version", "there is nothing to compare with"},
  {"GetAlias of an unknown function", "404, \"Cannot find alias arn\"", "as for an unknown alias"},
  {"DeleteAlias of an unknown function", "404, \"Function not found\"", "as for other calls on it"},
  {"LastModified of a version", "that of the function when it was published", "a version is what the function was"},
  {"DeleteFunction in any state, also during an update", "204, and what is under way is given up",
   "the name is free at once; resources are given back as the cloud confirms"},
  {"RevisionId when a function becomes Inactive, Pending or Active again", "new each time",
   "every change of state that has been observed renews it"},
  {"UpdateFunctionCode with DryRun", "the configuration as it would be, with the present RevisionId and LastModified",
   "nothing was changed"},
  {"Digest of an image", "that of its address", "there is no registry to ask"},
  {"Timeout above 900 and MemorySize above 10240", "refused",
   "these are the documented bounds of ordinary functions"},
  {"Bodies of errors that the API's model does not have (ValidationException, AccessDeniedException, RequestEntityTooLargeException)",
   "`{\"message\": ...}` without Type", "clients read the name from the header, and `message` in either case"},
  {"Retry-After of TooManyRequestsException", "1 second", "no number is known"},
  {"Members that are not in the API's model", "ignored",
   "newer clients may send what older services do not know"},
  {"Members that are in the model and not here", "refused by name with InvalidParameterValueException",
   "to ignore them would give another function than was asked for"},
});
// clang-format on
