#pragma once

#include <fsm/open_enum.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fsm {

/// Why a function is in its state, or why its last update ended as it did: the `StateReasonCode`
/// and `LastUpdateStatusReasonCode` members of the Lambda API, in the order of the service model
/// (40 codes, August 2026). The numbers are stored: never change or reuse one, append only. A value
/// beyond the known range is legal: it was written by a newer version.
enum class reason_code : std::uint16_t {
  none = 0,  ///< No reason; absent on the wire.
  idle,
  creating,
  restoring,
  eni_limit_exceeded,
  insufficient_role_permissions,
  invalid_configuration,
  internal_error,
  subnet_out_of_ip_addresses,
  invalid_subnet,
  invalid_security_group,
  image_deleted,
  image_access_denied,
  invalid_image,
  kms_key_access_denied,
  kms_key_not_found,
  invalid_state_kms_key,
  disabled_kms_key,
  efs_io_error,
  efs_mount_connectivity_error,
  efs_mount_failure,
  efs_mount_timeout,
  invalid_runtime,
  invalid_zip_file_exception,
  function_error,
  vcpu_limit_exceeded,
  capacity_provider_scaling_limit_exceeded,
  insufficient_capacity,
  ec2_request_limit_exceeded,
  function_error_init_timeout,
  function_error_runtime_init_error,
  function_error_extension_init_error,
  function_error_invalid_entry_point,
  function_error_invalid_working_directory,
  function_error_permission_denied,
  function_error_too_many_extensions,
  function_error_init_resource_exhausted,
  draining_durable_executions,
  disallowed_by_vpc_encryption_control,
  service_quota_exceeded_exception,
  dependency_error,
};

/// All there is to know about one reason code.
struct reason_row {
  reason_code code;            ///< The code.
  std::string_view wire_name;  ///< Its name in the Lambda API.
  bool last_update_status;     ///< Whether LastUpdateStatusReasonCode has it, too.
  std::string_view text;       ///< The reason shown when nothing more precise is known.
};

/// Every reason code, in the order of the numbers. The texts of `idle`, `creating`,
/// `insufficient_role_permissions` and `image_deleted` are those seen from the service; the others
/// are our own, the service does not specify them.
// clang-format off
inline constexpr auto reason_table = std::to_array<reason_row>({
  {reason_code::idle,                                     "Idle",                                 false, "The function is currently idle."},
  {reason_code::creating,                                 "Creating",                             false, "The function is being created."},
  {reason_code::restoring,                                "Restoring",                            false, "The function is being restored."},
  {reason_code::eni_limit_exceeded,                       "EniLimitExceeded",                     true,  "The limit of network interfaces is reached."},
  {reason_code::insufficient_role_permissions,            "InsufficientRolePermissions",          true,  "The function's execution role doesn't have permission to perform this operation."},
  {reason_code::invalid_configuration,                    "InvalidConfiguration",                 true,  "The function's configuration cannot be provisioned."},
  {reason_code::internal_error,                           "InternalError",                        true,  "An internal error occurred."},
  {reason_code::subnet_out_of_ip_addresses,               "SubnetOutOfIPAddresses",               true,  "A subnet of the function has no free address."},
  {reason_code::invalid_subnet,                           "InvalidSubnet",                        true,  "A subnet of the function does not exist or cannot be used."},
  {reason_code::invalid_security_group,                   "InvalidSecurityGroup",                 true,  "A security group of the function does not exist or cannot be used."},
  {reason_code::image_deleted,                            "ImageDeleted",                         true,  "The function is trying to use a deleted image."},
  {reason_code::image_access_denied,                      "ImageAccessDenied",                    true,  "The function's image may not be pulled."},
  {reason_code::invalid_image,                            "InvalidImage",                         true,  "The function's image cannot be used."},
  {reason_code::kms_key_access_denied,                    "KMSKeyAccessDenied",                   true,  "The function's key may not be used."},
  {reason_code::kms_key_not_found,                        "KMSKeyNotFound",                       true,  "The function's key does not exist."},
  {reason_code::invalid_state_kms_key,                    "InvalidStateKMSKey",                   true,  "The function's key is in a state in which it cannot be used."},
  {reason_code::disabled_kms_key,                         "DisabledKMSKey",                       true,  "The function's key is disabled."},
  {reason_code::efs_io_error,                             "EFSIOError",                           true,  "The function's file system failed to read or write."},
  {reason_code::efs_mount_connectivity_error,             "EFSMountConnectivityError",            true,  "The function's file system cannot be reached."},
  {reason_code::efs_mount_failure,                        "EFSMountFailure",                      true,  "The function's file system cannot be mounted."},
  {reason_code::efs_mount_timeout,                        "EFSMountTimeout",                      true,  "Mounting the function's file system took too long."},
  {reason_code::invalid_runtime,                          "InvalidRuntime",                       true,  "The function's runtime cannot be used."},
  {reason_code::invalid_zip_file_exception,               "InvalidZipFileException",              true,  "The function's package cannot be unpacked."},
  {reason_code::function_error,                           "FunctionError",                        true,  "The function failed while it was initialized."},
  {reason_code::vcpu_limit_exceeded,                      "VcpuLimitExceeded",                    true,  "The limit of virtual processors is reached."},
  {reason_code::capacity_provider_scaling_limit_exceeded, "CapacityProviderScalingLimitExceeded", true,  "The capacity provider cannot grow any further."},
  {reason_code::insufficient_capacity,                    "InsufficientCapacity",                 true,  "There is no capacity for the function."},
  {reason_code::ec2_request_limit_exceeded,               "EC2RequestLimitExceeded",              true,  "Too many requests were made for the function's instances."},
  {reason_code::function_error_init_timeout,              "FunctionError.InitTimeout",            true,  "The function took too long to initialize."},
  {reason_code::function_error_runtime_init_error,        "FunctionError.RuntimeInitError",       true,  "The function's runtime failed while it was initialized."},
  {reason_code::function_error_extension_init_error,      "FunctionError.ExtensionInitError",     true,  "An extension of the function failed while it was initialized."},
  {reason_code::function_error_invalid_entry_point,       "FunctionError.InvalidEntryPoint",      true,  "The function's entry point cannot be run."},
  {reason_code::function_error_invalid_working_directory, "FunctionError.InvalidWorkingDirectory", true, "The function's working directory cannot be used."},
  {reason_code::function_error_permission_denied,         "FunctionError.PermissionDenied",       true,  "The function lacks a permission of the operating system to initialize."},
  {reason_code::function_error_too_many_extensions,       "FunctionError.TooManyExtensions",      true,  "The function has too many extensions."},
  {reason_code::function_error_init_resource_exhausted,   "FunctionError.InitResourceExhausted",  true,  "The function ran out of memory or disk while it was initialized."},
  {reason_code::draining_durable_executions,              "DrainingDurableExecutions",            false, "The function is being deleted when its durable executions have ended."},
  {reason_code::disallowed_by_vpc_encryption_control,     "DisallowedByVpcEncryptionControl",     true,  "The network's encryption policy does not allow the function."},
  {reason_code::service_quota_exceeded_exception,         "ServiceQuotaExceededException",        true,  "A quota of the account is exceeded."},
  {reason_code::dependency_error,                         "DependencyError",                      true,  "A service that the function depends on failed."},
});
// clang-format on

namespace detail {

/// Whether each row sits at its own number, so that a lookup is an index.
[[nodiscard]] constexpr bool reason_rows_sit_at_their_number() noexcept {
  for (std::size_t index = 0; index < reason_table.size(); ++index) {
    if (static_cast<std::size_t>(reason_table[index].code) != index + 1) return false;
  }
  return true;
}

static_assert(reason_rows_sit_at_their_number());
static_assert(reason_table.size() == 40);

}  // namespace detail

/// The row of a code; null for `none` and for values this version does not know.
[[nodiscard]] constexpr const reason_row* find_reason(reason_code code) noexcept {
  const auto number = static_cast<std::size_t>(code);
  return number == 0 || number > reason_table.size() ? nullptr : &reason_table[number - 1];
}

/// Whether the code says why something failed. False for `none` and for those that the lifecycle
/// itself gives: Idle, Creating, Restoring.
[[nodiscard]] constexpr bool is_failure(reason_code code) noexcept {
  return code > reason_code::restoring;
}

/// Every known reason code but `none`, in the order of the numbers.
inline constexpr auto all_reason_codes = [] {
  std::array<reason_code, reason_table.size()> codes{};
  for (std::size_t index = 0; index < codes.size(); ++index)
    codes[index] = reason_table[index].code;
  return codes;
}();

/// The code's name on the wire ("SubnetOutOfIPAddresses"); "" for `none` and unknown values.
[[nodiscard]] constexpr std::string_view wire_name(reason_code code) noexcept {
  const auto* row = find_reason(code);
  return row ? row->wire_name : std::string_view{};
}

/// The code called `text` on the wire. Case matters; nullopt for "" and unknown names.
[[nodiscard]] constexpr std::optional<reason_code> parse_reason_code(
    std::string_view text) noexcept {
  for (const auto& row : reason_table) {
    if (row.wire_name == text) return row.code;
  }
  return std::nullopt;
}

/// Whether the service model lists the code as a StateReasonCode: true for every known code.
[[nodiscard]] constexpr bool is_state_reason_code(reason_code code) noexcept {
  return find_reason(code) != nullptr;
}

/// Whether the service model lists the code as a LastUpdateStatusReasonCode: 36 of the 40. The
/// service nevertheless sends `creating`, which is not among them, while an update is in progress.
[[nodiscard]] constexpr bool is_last_update_status_reason_code(reason_code code) noexcept {
  const auto* row = find_reason(code);
  return row != nullptr && row->last_update_status;
}

/// The sentence to show for a code when nothing more precise is known; "" for `none` and unknown
/// values. Clients must not depend on it.
[[nodiscard]] constexpr std::string_view default_text(reason_code code) noexcept {
  const auto* row = find_reason(code);
  return row ? row->text : std::string_view{};
}

/// Wire names of `reason_code`, for `open_enum<reason_code>`.
template <>
struct wire_enum<reason_code> {
  /// As `fsm::wire_name`.
  [[nodiscard]] static constexpr std::string_view wire_name(reason_code code) noexcept {
    return fsm::wire_name(code);
  }
  /// As `parse_reason_code`.
  [[nodiscard]] static constexpr std::optional<reason_code> parse(std::string_view text) noexcept {
    return parse_reason_code(text);
  }
};

}  // namespace fsm
