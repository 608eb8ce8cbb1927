#include "wire/coverage.hpp"

#include <array>

namespace platform::wire {

namespace {

using enum coverage;

constexpr std::string_view ordinary_only = "Capacity providers and durable functions are not here.";
constexpr std::string_view buckets = "A folder is the buckets: `--s3-dir`.";
constexpr std::string_view no_errors = "Nothing that is returned can fail in this way.";
constexpr std::string_view not_signed = "Code is not signed.";

// clang-format off
constexpr auto structures = std::to_array<api_members>({
  // Requests.
  {"CreateFunctionRequest", "FunctionName Role Code VpcConfig PackageType Tags Publish", full, ""},
  {"CreateFunctionRequest", "Runtime Handler Timeout MemorySize Description Environment", kept, ""},
  {"CreateFunctionRequest", "DeadLetterConfig KMSKeyArn TracingConfig Layers ImageConfig", kept, ""},
  {"CreateFunctionRequest", "SnapStart", full, "Versions are Pending for as long as a snapshot would take."},
  {"CreateFunctionRequest", "Architectures EphemeralStorage LoggingConfig", kept, ""},
  {"CreateFunctionRequest", "PublishTo", refused, ordinary_only},
  {"CreateFunctionRequest", "FileSystemConfigs CodeSigningConfigArn", refused, ""},
  {"CreateFunctionRequest", "CapacityProviderConfig DurableConfig TenancyConfig", refused, ""},
  {"DeleteFunctionRequest", "FunctionName Qualifier", full, ""},
  {"GetFunctionConfigurationRequest", "FunctionName Qualifier", full, ""},
  {"GetFunctionRequest", "FunctionName Qualifier", full, ""},
  {"CreateAliasRequest", "FunctionName Name FunctionVersion Description RoutingConfig", full, ""},
  {"DeleteAliasRequest", "FunctionName Name", full, ""},
  {"GetAliasRequest", "FunctionName Name", full, ""},
  {"InvocationRequest", "FunctionName InvocationType LogType Payload", full, ""},
  {"InvocationRequest", "Qualifier", full, ""},
  {"InvocationRequest", "ClientContext", absent, "Its length is checked; the built-in function has no use for it."},
  {"InvocationRequest", "DurableExecutionName TenantId", absent, ""},
  {"ListAliasesRequest", "FunctionName FunctionVersion Marker MaxItems", full, ""},
  {"InvokeAsyncRequest", "FunctionName InvokeArgs", full, ""},
  {"InvokeWithResponseStreamRequest", "FunctionName InvocationType LogType Payload", full, ""},
  {"InvokeWithResponseStreamRequest", "Qualifier", full, ""},
  {"InvokeWithResponseStreamRequest", "ClientContext", absent, "As for Invoke."},
  {"InvokeWithResponseStreamRequest", "TenantId", absent, ""},
  {"ListFunctionsRequest", "FunctionVersion Marker MaxItems", full, ""},
  {"ListFunctionsRequest", "MasterRegion", absent, "There is one region."},
  {"ListTagsRequest", "Resource", full, ""},
  {"ListVersionsByFunctionRequest", "FunctionName Marker MaxItems", full, ""},
  {"PublishVersionRequest", "FunctionName CodeSha256 Description RevisionId", full, ""},
  {"PublishVersionRequest", "PublishTo", refused, ordinary_only},
  {"TagResourceRequest", "Resource Tags", full, ""},
  {"UntagResourceRequest", "Resource TagKeys", full, ""},
  {"UpdateAliasRequest", "FunctionName Name FunctionVersion Description RoutingConfig RevisionId", full, ""},
  {"UpdateFunctionCodeRequest", "FunctionName ZipFile ImageUri DryRun RevisionId Publish", full, ""},
  {"UpdateFunctionCodeRequest", "S3Bucket S3Key S3ObjectVersion", full, buckets},
  {"UpdateFunctionCodeRequest", "Architectures SourceKMSKeyArn", kept, ""},
  {"UpdateFunctionCodeRequest", "PublishTo", refused, ordinary_only},
  {"UpdateFunctionConfigurationRequest", "FunctionName Role VpcConfig RevisionId", full, ""},
  {"UpdateFunctionConfigurationRequest", "Runtime Handler Timeout MemorySize Description", kept, ""},
  {"UpdateFunctionConfigurationRequest", "Environment DeadLetterConfig KMSKeyArn TracingConfig", kept, ""},
  {"UpdateFunctionConfigurationRequest", "Layers ImageConfig EphemeralStorage SnapStart", kept, ""},
  {"UpdateFunctionConfigurationRequest", "LoggingConfig", kept, ""},
  {"UpdateFunctionConfigurationRequest", "FileSystemConfigs", refused, ""},
  {"UpdateFunctionConfigurationRequest", "CapacityProviderConfig DurableConfig", refused, ""},

  // Their parts.
  {"AliasRoutingConfiguration", "AdditionalVersionWeights", full, ""},
  {"DeadLetterConfig", "TargetArn", kept, ""},
  {"Environment", "Variables", kept, ""},
  {"EphemeralStorage", "Size", kept, ""},
  {"FunctionCode", "ZipFile", full, ""},
  {"FunctionCode", "ImageUri", full, "The world file says which images cannot be had."},
  {"FunctionCode", "S3Bucket S3Key S3ObjectVersion", full, buckets},
  {"FunctionCode", "SourceKMSKeyArn", kept, ""},
  {"ImageConfig", "EntryPoint Command WorkingDirectory", kept, ""},
  {"LoggingConfig", "LogFormat ApplicationLogLevel SystemLogLevel LogGroup", kept, ""},
  {"SnapStart", "ApplyOn", full, "No snapshots are made; the states are as if there were."},
  {"TracingConfig", "Mode", kept, ""},
  {"VpcConfig", "SubnetIds SecurityGroupIds", full, "Addresses and interfaces are those of the world file."},
  {"VpcConfig", "Ipv6AllowedForDualStack", kept, ""},

  // Answers.
  {"AliasConfiguration", "AliasArn Name FunctionVersion Description RoutingConfig RevisionId", full, ""},
  {"DeleteFunctionResponse", "StatusCode", full, "The status of the answer: 204."},
  {"GetFunctionResponse", "Configuration Code Tags", full, ""},
  {"GetFunctionResponse", "Concurrency", full, ""},
  {"GetFunctionResponse", "TagsError", absent, no_errors},
  {"InvocationResponse", "StatusCode Payload ExecutedVersion LogResult FunctionError", full, ""},
  {"InvocationResponse", "DurableExecutionArn", absent, ""},
  {"ListAliasesResponse", "NextMarker Aliases", full, ""},
  {"ListTagsResponse", "Tags", full, ""},
  {"ListVersionsByFunctionResponse", "NextMarker Versions", full, "As with AWS, versions in lists have no states."},
  {"InvokeAsyncResponse", "Status", full, ""},
  {"InvokeWithResponseStreamResponse", "StatusCode ExecutedVersion EventStream", full, "The whole answer is sent at once, as one chunk; it may be as long as that of Invoke."},
  {"InvokeWithResponseStreamResponse", "ResponseStreamContentType", absent, ""},
  {"ListFunctionsResponse", "NextMarker Functions", full, "As with AWS, functions in lists have no states."},

  // Their parts.
  {"Concurrency", "ReservedConcurrentExecutions", full, ""},
  {"EnvironmentResponse", "Variables", kept, ""},
  {"EnvironmentResponse", "Error", absent, no_errors},
  {"InvokeResponseStreamUpdate", "Payload", full, ""},
  {"InvokeWithResponseStreamCompleteEvent", "ErrorCode ErrorDetails LogResult", full, ""},
  {"InvokeWithResponseStreamResponseEvent", "PayloadChunk InvokeComplete", full, ""},
  {"FunctionCodeLocation", "RepositoryType ImageUri ResolvedImageUri", full, ""},
  {"FunctionCodeLocation", "Location", full, "A link to the platform, good for ten minutes."},
  {"FunctionCodeLocation", "SourceKMSKeyArn", kept, ""},
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
  {"SnapStartResponse", "OptimizationStatus", full, "On for Active versions with a snapshot."},
  {"TracingConfigResponse", "Mode", kept, ""},
  {"VpcConfigResponse", "SubnetIds SecurityGroupIds VpcId", full, ""},
  {"VpcConfigResponse", "Ipv6AllowedForDualStack", kept, ""},
});
// clang-format on

}  // namespace

std::span<const api_members> api_structures() noexcept { return structures; }

}  // namespace platform::wire
