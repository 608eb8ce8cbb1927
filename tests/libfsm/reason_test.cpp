#include <fsm/reason.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

using fsm::reason_code;

namespace {

/// The codes of the service model in its own order, typed from the model and not from the table.
constexpr std::array<std::string_view, 40> model_names{
    "Idle",
    "Creating",
    "Restoring",
    "EniLimitExceeded",
    "InsufficientRolePermissions",
    "InvalidConfiguration",
    "InternalError",
    "SubnetOutOfIPAddresses",
    "InvalidSubnet",
    "InvalidSecurityGroup",
    "ImageDeleted",
    "ImageAccessDenied",
    "InvalidImage",
    "KMSKeyAccessDenied",
    "KMSKeyNotFound",
    "InvalidStateKMSKey",
    "DisabledKMSKey",
    "EFSIOError",
    "EFSMountConnectivityError",
    "EFSMountFailure",
    "EFSMountTimeout",
    "InvalidRuntime",
    "InvalidZipFileException",
    "FunctionError",
    "VcpuLimitExceeded",
    "CapacityProviderScalingLimitExceeded",
    "InsufficientCapacity",
    "EC2RequestLimitExceeded",
    "FunctionError.InitTimeout",
    "FunctionError.RuntimeInitError",
    "FunctionError.ExtensionInitError",
    "FunctionError.InvalidEntryPoint",
    "FunctionError.InvalidWorkingDirectory",
    "FunctionError.PermissionDenied",
    "FunctionError.TooManyExtensions",
    "FunctionError.InitResourceExhausted",
    "DrainingDurableExecutions",
    "DisallowedByVpcEncryptionControl",
    "ServiceQuotaExceededException",
    "DependencyError",
};

}  // namespace

TEST_CASE("the 40 reason codes have the names and the order of the service model", "[reason]") {
  REQUIRE(fsm::all_reason_codes.size() == 40);
  for (std::size_t index = 0; index < model_names.size(); ++index) {
    CHECK(wire_name(fsm::all_reason_codes[index]) == model_names[index]);
    CHECK(fsm::parse_reason_code(model_names[index]) == static_cast<reason_code>(index + 1));
  }
}

TEST_CASE("chosen reason codes are called as their wire names say", "[reason]") {
  CHECK(wire_name(reason_code::idle) == "Idle");
  CHECK(wire_name(reason_code::subnet_out_of_ip_addresses) == "SubnetOutOfIPAddresses");
  CHECK(wire_name(reason_code::kms_key_not_found) == "KMSKeyNotFound");
  CHECK(wire_name(reason_code::efs_io_error) == "EFSIOError");
  CHECK(wire_name(reason_code::ec2_request_limit_exceeded) == "EC2RequestLimitExceeded");
  CHECK(wire_name(reason_code::function_error_init_timeout) == "FunctionError.InitTimeout");
  CHECK(wire_name(reason_code::draining_durable_executions) == "DrainingDurableExecutions");
  CHECK(wire_name(reason_code::dependency_error) == "DependencyError");
}

TEST_CASE("36 of the codes are codes of the last update status, too", "[reason]") {
  CHECK(std::count_if(fsm::all_reason_codes.begin(), fsm::all_reason_codes.end(),
                      fsm::is_last_update_status_reason_code) == 36);
  CHECK(std::count_if(fsm::all_reason_codes.begin(), fsm::all_reason_codes.end(),
                      fsm::is_state_reason_code) == 40);
  for (const auto code : {reason_code::idle, reason_code::creating, reason_code::restoring,
                          reason_code::draining_durable_executions}) {
    CHECK_FALSE(is_last_update_status_reason_code(code));
    CHECK(is_state_reason_code(code));
  }
}

TEST_CASE("the texts seen from the service are repeated to the letter", "[reason]") {
  CHECK(default_text(reason_code::creating) == "The function is being created.");
  CHECK(default_text(reason_code::idle) == "The function is currently idle.");
  CHECK(default_text(reason_code::restoring) == "The function is being restored.");
  CHECK(default_text(reason_code::insufficient_role_permissions) ==
        "The function's execution role doesn't have permission to perform this operation.");
  CHECK(default_text(reason_code::image_deleted) ==
        "The function is trying to use a deleted image.");
}

TEST_CASE("every code has a sentence of its own", "[reason]") {
  std::set<std::string_view> texts;
  for (const auto code : fsm::all_reason_codes) {
    const auto text = default_text(code);
    INFO(wire_name(code));
    CHECK(text.size() > 10);
    CHECK(text.back() == '.');
    CHECK(texts.insert(text).second);
  }
}

TEST_CASE("a code beyond the known range is legal and has no name", "[reason]") {
  for (const auto code : {static_cast<reason_code>(41), static_cast<reason_code>(65535)}) {
    CHECK(wire_name(code).empty());
    CHECK(default_text(code).empty());
    CHECK_FALSE(is_state_reason_code(code));
    CHECK_FALSE(is_last_update_status_reason_code(code));
    CHECK(fsm::find_reason(code) == nullptr);
  }
}

TEST_CASE("no reason has no name and is no code", "[reason]") {
  CHECK(wire_name(reason_code::none).empty());
  CHECK(default_text(reason_code::none).empty());
  CHECK_FALSE(is_state_reason_code(reason_code::none));
  CHECK_FALSE(is_last_update_status_reason_code(reason_code::none));
}

TEST_CASE("a name that is not exactly a code's is not parsed", "[reason]") {
  for (const auto* text : {"", "idle", "Idle.", "FunctionError.", "Updating", "functionError"}) {
    CHECK_FALSE(fsm::parse_reason_code(text));
  }
}

TEST_CASE("an unknown reason code survives a round trip over the wire", "[reason][open_enum]") {
  const auto code = fsm::open_enum<reason_code>::from_wire("QuantumDecoherence");
  CHECK_FALSE(code.known());
  CHECK(code.wire_name() == "QuantumDecoherence");
  CHECK(fsm::open_enum<reason_code>::from_wire("Idle").known() == reason_code::idle);
}
