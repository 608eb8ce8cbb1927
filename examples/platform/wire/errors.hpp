#pragma once

#include "http/message.hpp"
#include <fsm/error.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// \file
/// Every error the platform answers with, in one table, and how the runtime's errors become them.

namespace platform::wire {

/// The errors, by their names in the Lambda API.
enum class fault : std::uint8_t {
  access_denied,
  code_artifact_user_deleted,
  code_artifact_user_failed,
  code_artifact_user_pending,
  code_signing_config_not_found,
  code_storage_exceeded,
  ec2_access_denied,
  efs_io,
  efs_mount_connectivity,
  efs_mount_failure,
  efs_mount_timeout,
  eni_limit_reached,
  incomplete_signature,
  invalid_parameter_value,
  invalid_request_content,
  invalid_runtime,
  invalid_security_group_id,
  invalid_signature,
  invalid_subnet_id,
  invalid_zip_file,
  kms_access_denied,
  kms_disabled,
  kms_invalid_state,
  kms_not_found,
  missing_authentication_token,
  policy_length_exceeded,
  precondition_failed,
  provisioned_concurrency_config_not_found,
  request_entity_too_large,
  resource_conflict,
  resource_not_found,
  serialization,
  service,
  service_unavailable,
  subnet_ip_address_limit_reached,
  timed_out,
  too_many_requests,
  unrecognized_client,
  validation,
};

/// How one error looks on the wire.
struct fault_row {
  fault what;
  unsigned status;
  std::string_view name;         ///< `X-Amzn-Errortype`.
  std::string_view message_key;  ///< The member that holds the text: its case differs.
  bool typed;                    ///< Whether the body says whose fault it is (`Type`).
};

// clang-format off
/// Every error, in the order of `fault`.
inline constexpr auto fault_table = std::to_array<fault_row>({
  {fault::access_denied,                   403, "AccessDeniedException",                "message", false},
  {fault::code_artifact_user_deleted,      409, "CodeArtifactUserDeletedException",     "message", true},
  {fault::code_artifact_user_failed,       409, "CodeArtifactUserFailedException",      "message", true},
  {fault::code_artifact_user_pending,      409, "CodeArtifactUserPendingException",     "message", true},
  {fault::code_signing_config_not_found,   404, "CodeSigningConfigNotFoundException",   "Message", true},
  {fault::code_storage_exceeded,           400, "CodeStorageExceededException",         "message", true},
  {fault::ec2_access_denied,               502, "EC2AccessDeniedException",             "Message", true},
  {fault::efs_io,                          410, "EFSIOException",                       "Message", true},
  {fault::efs_mount_connectivity,          408, "EFSMountConnectivityException",        "Message", true},
  {fault::efs_mount_failure,               403, "EFSMountFailureException",             "Message", true},
  {fault::efs_mount_timeout,               408, "EFSMountTimeoutException",             "Message", true},
  {fault::eni_limit_reached,               502, "ENILimitReachedException",             "Message", true},
  {fault::incomplete_signature,            403, "IncompleteSignatureException",         "message", false},
  {fault::invalid_parameter_value,         400, "InvalidParameterValueException",       "message", true},
  {fault::invalid_request_content,         400, "InvalidRequestContentException",       "message", true},
  {fault::invalid_runtime,                 502, "InvalidRuntimeException",              "Message", true},
  {fault::invalid_security_group_id,       502, "InvalidSecurityGroupIDException",      "Message", true},
  {fault::invalid_signature,               403, "InvalidSignatureException",            "message", false},
  {fault::invalid_subnet_id,               502, "InvalidSubnetIDException",             "Message", true},
  {fault::invalid_zip_file,                502, "InvalidZipFileException",              "Message", true},
  {fault::kms_access_denied,               502, "KMSAccessDeniedException",             "Message", true},
  {fault::kms_disabled,                    502, "KMSDisabledException",                 "Message", true},
  {fault::kms_invalid_state,               502, "KMSInvalidStateException",             "Message", true},
  {fault::kms_not_found,                   502, "KMSNotFoundException",                 "Message", true},
  {fault::missing_authentication_token,    403, "MissingAuthenticationTokenException",  "message", false},
  {fault::policy_length_exceeded,          400, "PolicyLengthExceededException",        "message", true},
  {fault::precondition_failed,             412, "PreconditionFailedException",          "message", true},
  {fault::provisioned_concurrency_config_not_found, 404, "ProvisionedConcurrencyConfigNotFoundException", "message", true},
  {fault::request_entity_too_large,        413, "RequestEntityTooLargeException",       "message", false},
  {fault::resource_conflict,               409, "ResourceConflictException",            "message", true},
  {fault::resource_not_found,              404, "ResourceNotFoundException",            "Message", true},
  {fault::serialization,                   400, "SerializationException",               "message", false},
  {fault::service,                         500, "ServiceException",                     "Message", true},
  {fault::service_unavailable,             503, "ServiceException",                     "Message", true},
  {fault::subnet_ip_address_limit_reached, 502, "SubnetIPAddressLimitReachedException", "Message", true},
  {fault::timed_out,                       408, "RequestTimeoutException",              "message", true},
  {fault::too_many_requests,               429, "TooManyRequestsException",             "message", true},
  {fault::unrecognized_client,             403, "UnrecognizedClientException",          "message", false},
  {fault::validation,                      400, "ValidationException",                  "message", false},
});
// clang-format on

/// The row of an error.
[[nodiscard]] constexpr const fault_row& row_of(fault what) noexcept {
  return fault_table[static_cast<std::size_t>(what)];
}

/// One error, ready to be sent.
struct failure {
  fault what = fault::service;
  std::string message;
  /// For `too_many_requests`: the body's `Reason`.
  std::string reason;
  /// The message is sent as null.
  bool no_message = false;
  /// The body does not say whose fault it is, although the error's usually does.
  bool untyped = false;
};

/// The answer that reports an error.
[[nodiscard]] http::response to_response(const failure& what, std::string_view request_id);

/// What a call that the runtime refused was about.
struct subject {
  std::string name;
  std::string arn;        ///< Without a qualifier.
  std::string asked_arn;  ///< As it is printed when there is no such function.
};

/// The error for a call other than an invocation.
[[nodiscard]] failure explain(const fsm::error& why, const subject& about);

/// The error for a call that only looks: a function of which nothing is known is unavailable.
[[nodiscard]] failure explain_read(const fsm::error& why, const subject& about);

/// The error for an invocation: the same situations have other names and texts there.
[[nodiscard]] failure explain_invoke(const fsm::error& why, const subject& about);

}  // namespace platform::wire
