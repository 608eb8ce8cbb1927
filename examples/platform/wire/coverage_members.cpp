#include "wire/coverage.hpp"

#include <array>

namespace platform::wire {

namespace {

using enum coverage;

constexpr std::string_view no_versions = "There are no versions yet.";
constexpr std::string_view no_buckets =
    "As for a bucket that does not exist: code is sent with the request.";
constexpr std::string_view no_errors = "Nothing that is returned can fail in this way.";
constexpr std::string_view not_signed = "Code is not signed.";

// clang-format off
constexpr auto structures = std::to_array<api_members>({
  // Requests.
  {"CreateFunctionRequest", "FunctionName Role Code VpcConfig PackageType Tags", full, ""},
  {"CreateFunctionRequest", "Runtime Handler Timeout MemorySize Description Environment", kept, ""},
  {"CreateFunctionRequest", "DeadLetterConfig KMSKeyArn TracingConfig Layers ImageConfig", kept, ""},
  {"CreateFunctionRequest", "Architectures EphemeralStorage SnapStart LoggingConfig", kept, ""},
  {"CreateFunctionRequest", "Publish PublishTo", refused, no_versions},
  {"CreateFunctionRequest", "FileSystemConfigs CodeSigningConfigArn", refused, ""},
  {"CreateFunctionRequest", "CapacityProviderConfig DurableConfig TenancyConfig", refused, ""},
  {"DeleteFunctionRequest", "FunctionName", full, ""},
  {"DeleteFunctionRequest", "Qualifier", full, no_versions},
  {"GetFunctionConfigurationRequest", "FunctionName", full, ""},
  {"GetFunctionConfigurationRequest", "Qualifier", full, no_versions},
  {"GetFunctionRequest", "FunctionName", full, ""},
  {"GetFunctionRequest", "Qualifier", full, no_versions},
  {"InvocationRequest", "FunctionName InvocationType LogType Payload", full, ""},
  {"InvocationRequest", "Qualifier", full, no_versions},
  {"InvocationRequest", "ClientContext", absent, "Its length is checked; the built-in function has no use for it."},
  {"InvocationRequest", "DurableExecutionName TenantId", absent, ""},
  {"ListFunctionsRequest", "FunctionVersion Marker MaxItems", full, ""},
  {"ListFunctionsRequest", "MasterRegion", absent, "There is one region."},
  {"UpdateFunctionCodeRequest", "FunctionName ZipFile ImageUri DryRun RevisionId", full, ""},
  {"UpdateFunctionCodeRequest", "Architectures", kept, ""},
  {"UpdateFunctionCodeRequest", "Publish PublishTo", refused, no_versions},
  {"UpdateFunctionCodeRequest", "S3Bucket S3Key", refused, no_buckets},
  {"UpdateFunctionCodeRequest", "S3ObjectVersion SourceKMSKeyArn", refused, ""},
  {"UpdateFunctionConfigurationRequest", "FunctionName Role VpcConfig RevisionId", full, ""},
  {"UpdateFunctionConfigurationRequest", "Runtime Handler Timeout MemorySize Description", kept, ""},
  {"UpdateFunctionConfigurationRequest", "Environment DeadLetterConfig KMSKeyArn TracingConfig", kept, ""},
  {"UpdateFunctionConfigurationRequest", "Layers ImageConfig EphemeralStorage SnapStart", kept, ""},
  {"UpdateFunctionConfigurationRequest", "LoggingConfig", kept, ""},
  {"UpdateFunctionConfigurationRequest", "FileSystemConfigs", refused, ""},
  {"UpdateFunctionConfigurationRequest", "CapacityProviderConfig DurableConfig", refused, ""},

  // Their parts.
  {"DeadLetterConfig", "TargetArn", kept, ""},
  {"Environment", "Variables", kept, ""},
  {"EphemeralStorage", "Size", kept, ""},
  {"FunctionCode", "ZipFile", full, ""},
  {"FunctionCode", "ImageUri", full, "The world file says which images cannot be had."},
  {"FunctionCode", "S3Bucket S3Key", refused, no_buckets},
  {"FunctionCode", "S3ObjectVersion SourceKMSKeyArn", refused, ""},
  {"ImageConfig", "EntryPoint Command WorkingDirectory", kept, ""},
  {"LoggingConfig", "LogFormat ApplicationLogLevel SystemLogLevel LogGroup", kept, ""},
  {"SnapStart", "ApplyOn", kept, "No snapshots are made."},
  {"TracingConfig", "Mode", kept, ""},
  {"VpcConfig", "SubnetIds SecurityGroupIds", full, "Addresses and interfaces are those of the world file."},
  {"VpcConfig", "Ipv6AllowedForDualStack", kept, ""},

  // Answers.
  {"DeleteFunctionResponse", "StatusCode", full, "The status of the answer: 204."},
  {"GetFunctionResponse", "Configuration Code Tags", full, ""},
  {"GetFunctionResponse", "Concurrency", absent, "No concurrency can be reserved yet."},
  {"GetFunctionResponse", "TagsError", absent, no_errors},
  {"InvocationResponse", "StatusCode Payload ExecutedVersion LogResult", full, ""},
  {"InvocationResponse", "FunctionError", absent, "The built-in function gives back what it is given, and does not fail."},
  {"InvocationResponse", "DurableExecutionArn", absent, ""},
  {"ListFunctionsResponse", "NextMarker Functions", full, "As with AWS, functions in lists have no states."},

  // Their parts.
  {"EnvironmentResponse", "Variables", kept, ""},
  {"EnvironmentResponse", "Error", absent, no_errors},
  {"FunctionCodeLocation", "RepositoryType ImageUri ResolvedImageUri", full, ""},
  {"FunctionCodeLocation", "Location", absent, "Packages are not kept yet."},
  {"FunctionCodeLocation", "SourceKMSKeyArn", absent, ""},
  {"FunctionConfiguration", "FunctionName FunctionArn Version Role", full, ""},
  {"FunctionConfiguration", "CodeSize CodeSha256 PackageType LastModified RevisionId VpcConfig", full, ""},
  {"FunctionConfiguration", "State StateReason StateReasonCode", full, "The subject of this project."},
  {"FunctionConfiguration", "LastUpdateStatus LastUpdateStatusReason LastUpdateStatusReasonCode", full, ""},
  {"FunctionConfiguration", "Runtime Handler Timeout MemorySize Description Environment", kept, ""},
  {"FunctionConfiguration", "DeadLetterConfig KMSKeyArn TracingConfig Layers ImageConfigResponse", kept, ""},
  {"FunctionConfiguration", "Architectures EphemeralStorage SnapStart LoggingConfig", kept, ""},
  {"FunctionConfiguration", "RuntimeVersionConfig", full, "An ARN made from the runtime's name."},
  {"FunctionConfiguration", "MasterArn", absent, "There is no Lambda@Edge."},
  {"FunctionConfiguration", "SigningProfileVersionArn SigningJobArn", absent, not_signed},
  {"FunctionConfiguration", "FileSystemConfigs CapacityProviderConfig ConfigSha256", absent, ""},
  {"FunctionConfiguration", "DurableConfig TenancyConfig", absent, ""},
  {"ImageConfigResponse", "ImageConfig", kept, ""},
  {"ImageConfigResponse", "Error", absent, no_errors},
  {"Layer", "Arn", kept, ""},
  {"Layer", "CodeSize", full, "Always 0: layers are not looked at."},
  {"Layer", "SigningProfileVersionArn SigningJobArn", absent, not_signed},
  {"RuntimeVersionConfig", "RuntimeVersionArn", full, ""},
  {"RuntimeVersionConfig", "Error", absent, no_errors},
  {"SnapStartResponse", "ApplyOn", kept, ""},
  {"SnapStartResponse", "OptimizationStatus", full, "Always Off."},
  {"TracingConfigResponse", "Mode", kept, ""},
  {"VpcConfigResponse", "SubnetIds SecurityGroupIds VpcId", full, ""},
  {"VpcConfigResponse", "Ipv6AllowedForDualStack", kept, ""},
});
// clang-format on

}  // namespace

std::span<const api_members> api_structures() noexcept { return structures; }

}  // namespace platform::wire
