#include "wire/errors.hpp"

#include <fsm/reason.hpp>
#include <fsm/state.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr bool faults_sit_at_their_number() {
  for (std::size_t i = 0; i < fault_table.size(); ++i) {
    if (static_cast<std::size_t>(fault_table[i].what) != i) return false;
  }
  return fault_table.size() == static_cast<std::size_t>(fault::validation) + 1;
}
static_assert(faults_sit_at_their_number());

constexpr std::string_view cannot = "The operation cannot be performed at this time. ";

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

failure not_found(const subject& about) {
  return {fault::resource_not_found, "Function not found: " + about.asked_arn, {}};
}

failure refused_by_state(const fsm::error& why, const subject& about) {
  return {fault::resource_conflict,
          std::string{cannot} + "The resource " + about.arn +
              " is currently in the following state: " + quoted(fsm::wire_name(why.state)) +
              ". StateReasonCode: " + quoted(fsm::wire_name(why.reason)),
          {}};
}

failure throttled() {
  return {fault::too_many_requests, "Rate Exceeded.", "CallerRateLimitExceeded"};
}

// Errors that have nothing to do with the function's state.
failure explain_common(const fsm::error& why, const subject& about) {
  switch (why.code) {
    case fsm::errc::not_found: return not_found(about);
    case fsm::errc::too_many_requests: return throttled();
    case fsm::errc::invalid_argument: return {fault::invalid_parameter_value, why.message, {}};
    case fsm::errc::timed_out: return {fault::timed_out, "It did not happen in time.", {}};
    case fsm::errc::outcome_unknown:
      return {fault::service,
              "Nothing more can be written. Whether this was done shows after a restart.",
              {}};
    case fsm::errc::stopped:
    case fsm::errc::cancelled:
      return {fault::service_unavailable, "The service is being stopped.", {}};
    default: return {fault::service, "An internal error occurred.", {}};
  }
}

// The error of an invocation by what is wrong with the function.
fault invoke_fault(fsm::reason_code why) {
  using enum fsm::reason_code;
  switch (why) {
    case eni_limit_exceeded: return fault::eni_limit_reached;
    case subnet_out_of_ip_addresses: return fault::subnet_ip_address_limit_reached;
    case invalid_subnet: return fault::invalid_subnet_id;
    case invalid_security_group: return fault::invalid_security_group_id;
    case insufficient_role_permissions: return fault::ec2_access_denied;
    case kms_key_access_denied: return fault::kms_access_denied;
    case kms_key_not_found: return fault::kms_not_found;
    case invalid_state_kms_key: return fault::kms_invalid_state;
    case disabled_kms_key: return fault::kms_disabled;
    case efs_io_error: return fault::efs_io;
    case efs_mount_connectivity_error: return fault::efs_mount_connectivity;
    case efs_mount_failure: return fault::efs_mount_failure;
    case efs_mount_timeout: return fault::efs_mount_timeout;
    case invalid_runtime: return fault::invalid_runtime;
    case invalid_zip_file_exception: return fault::invalid_zip_file;
    case image_deleted: return fault::code_artifact_user_deleted;
    case image_access_denied:
    case invalid_image: return fault::code_artifact_user_failed;
    case internal_error:
    case dependency_error: return fault::service;
    default: return fault::resource_conflict;
  }
}

failure failed(fsm::reason_code why) {
  const auto what = invoke_fault(why);
  if (what == fault::resource_conflict) {
    return {
        what, std::string{cannot} + "The function is currently in the following state: Failed", {}};
  }
  return {what, std::string{fsm::default_text(why)}, {}};
}

// A message may repeat what the client sent in its path or header fields, and that need not be
// UTF-8 as JSON must be.
std::string readable(std::string text) {
  json::error_code problem;
  static_cast<void>(json::parse(json::serialize(json::string{text}), problem));
  if (!problem) return text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  return text;
}

}  // namespace

http::response to_response(const failure& what, std::string_view request_id) {
  const auto& row = row_of(what.what);
  json::object body;
  if (row.typed && !what.untyped) body["Type"] = row.status < 500 ? "User" : "Service";
  if (!what.reason.empty()) body["Reason"] = what.reason;
  body[row.message_key] = what.no_message ? json::value{} : json::value(readable(what.message));
  http::response result{static_cast<http::proto::status>(row.status), 11};
  result.set(http::proto::field::content_type, "application/json");
  result.set("X-Amzn-Errortype", row.name);
  result.set("X-Amzn-Requestid", request_id);
  if (what.what == fault::too_many_requests) result.set(http::proto::field::retry_after, "1");
  result.body() = json::serialize(body);
  return result;
}

failure explain(const fsm::error& why, const subject& about) {
  switch (why.code) {
    case fsm::errc::already_exists:
      return {fault::resource_conflict, "Function already exist: " + about.name, {}};
    case fsm::errc::state_conflict: return refused_by_state(why, about);
    case fsm::errc::update_in_progress:
      return {fault::resource_conflict,
              std::string{cannot} + "An update is in progress for resource: " + about.arn,
              {}};
    case fsm::errc::revision_mismatch:
      return {fault::precondition_failed,
              "The Revision Id provided does not match the latest Revision Id. Call the "
              "GetFunction/GetAlias API to retrieve the latest Revision Id",
              {}};
    default: return explain_common(why, about);
  }
}

failure explain_read(const fsm::error& why, const subject& about) {
  if (why.code != fsm::errc::outcome_unknown) return explain(why, about);
  return {fault::service_unavailable,
          "The last change of the function could not be written. What it is shows after a restart.",
          {}};
}

failure explain_invoke(const fsm::error& why, const subject& about) {
  switch (why.code) {
    case fsm::errc::function_pending:
      return {fault::resource_conflict,
              std::string{cannot} + "The function is currently in the following state: Pending",
              {}};
    case fsm::errc::function_initializing:
      return {fault::code_artifact_user_pending,
              "Lambda is initializing your function. It will be ready to invoke shortly.",
              {}};
    case fsm::errc::function_failed: return failed(why.reason);
    default: return explain_common(why, about);
  }
}

}  // namespace platform::wire
