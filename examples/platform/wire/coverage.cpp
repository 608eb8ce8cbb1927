#include "wire/coverage.hpp"

#include "wire/routes.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

using http::proto::verb;

// clang-format off
constexpr auto operations = std::to_array<api_operation>({
  {"AddLayerVersionPermission",              verb::post,    "/2018-10-31/layers/*/versions/*/policy",                             "",                   ""},
  {"AddPermission",                          verb::post,    "/2015-03-31/functions/*/policy",                                     "",                   ""},
  {"CheckpointDurableExecution",             verb::post,    "/2025-12-01/durable-executions/*/checkpoint",                        "",                   ""},
  {"CreateAlias",                            verb::post,    "/2015-03-31/functions/*/aliases",                                    "",                   ""},
  {"CreateCapacityProvider",                 verb::post,    "/2025-11-30/capacity-providers",                                     "",                   ""},
  {"CreateCodeSigningConfig",                verb::post,    "/2020-04-22/code-signing-configs",                                   "",                   ""},
  {"CreateEventSourceMapping",               verb::post,    "/2015-03-31/event-source-mappings",                                  "",                   ""},
  {"CreateFunction",                         verb::post,    "/2015-03-31/functions",                                              "",                   ""},
  {"CreateFunctionUrlConfig",                verb::post,    "/2021-10-31/functions/*/url",                                        "",                   ""},
  {"DeleteAlias",                            verb::delete_, "/2015-03-31/functions/*/aliases/*",                                  "",                   ""},
  {"DeleteCapacityProvider",                 verb::delete_, "/2025-11-30/capacity-providers/*",                                   "",                   ""},
  {"DeleteCodeSigningConfig",                verb::delete_, "/2020-04-22/code-signing-configs/*",                                 "",                   ""},
  {"DeleteEventSourceMapping",               verb::delete_, "/2015-03-31/event-source-mappings/*",                                "",                   ""},
  {"DeleteFunction",                         verb::delete_, "/2015-03-31/functions/*",                                            "",                   ""},
  {"DeleteFunctionCodeSigningConfig",        verb::delete_, "/2020-06-30/functions/*/code-signing-config",                        "",                   ""},
  {"DeleteFunctionConcurrency",              verb::delete_, "/2017-10-31/functions/*/concurrency",                                "",                   ""},
  {"DeleteFunctionEventInvokeConfig",        verb::delete_, "/2019-09-25/functions/*/event-invoke-config",                        "",                   ""},
  {"DeleteFunctionUrlConfig",                verb::delete_, "/2021-10-31/functions/*/url",                                        "",                   ""},
  {"DeleteLayerVersion",                     verb::delete_, "/2018-10-31/layers/*/versions/*",                                    "",                   ""},
  {"DeleteProvisionedConcurrencyConfig",     verb::delete_, "/2019-09-30/functions/*/provisioned-concurrency",                    "",                   ""},
  {"GetAccountSettings",                     verb::get,     "/2016-08-19/account-settings",                                       "",                   ""},
  {"GetAlias",                               verb::get,     "/2015-03-31/functions/*/aliases/*",                                  "",                   ""},
  {"GetCapacityProvider",                    verb::get,     "/2025-11-30/capacity-providers/*",                                   "",                   ""},
  {"GetCodeSigningConfig",                   verb::get,     "/2020-04-22/code-signing-configs/*",                                 "",                   ""},
  {"GetDurableExecution",                    verb::get,     "/2025-12-01/durable-executions/*",                                   "",                   ""},
  {"GetDurableExecutionHistory",             verb::get,     "/2025-12-01/durable-executions/*/history",                           "",                   ""},
  {"GetDurableExecutionState",               verb::get,     "/2025-12-01/durable-executions/*/state",                             "",                   ""},
  {"GetEventSourceMapping",                  verb::get,     "/2015-03-31/event-source-mappings/*",                                "",                   ""},
  {"GetFunction",                            verb::get,     "/2015-03-31/functions/*",                                            "",                   ""},
  {"GetFunctionCodeSigningConfig",           verb::get,     "/2020-06-30/functions/*/code-signing-config",                        "",                   ""},
  {"GetFunctionConcurrency",                 verb::get,     "/2019-09-30/functions/*/concurrency",                                "",                   ""},
  {"GetFunctionConfiguration",               verb::get,     "/2015-03-31/functions/*/configuration",                              "",                   ""},
  {"GetFunctionEventInvokeConfig",           verb::get,     "/2019-09-25/functions/*/event-invoke-config",                        "",                   ""},
  {"GetFunctionRecursionConfig",             verb::get,     "/2024-08-31/functions/*/recursion-config",                           "",                   ""},
  {"GetFunctionScalingConfig",               verb::get,     "/2025-11-30/functions/*/function-scaling-config",                    "",                   ""},
  {"GetFunctionUrlConfig",                   verb::get,     "/2021-10-31/functions/*/url",                                        "",                   ""},
  {"GetLayerVersion",                        verb::get,     "/2018-10-31/layers/*/versions/*",                                    "",                   ""},
  {"GetLayerVersionByArn",                   verb::get,     "/2018-10-31/layers",                                                 "find=LayerVersion",  ""},
  {"GetLayerVersionPolicy",                  verb::get,     "/2018-10-31/layers/*/versions/*/policy",                             "",                   ""},
  {"GetPolicy",                              verb::get,     "/2015-03-31/functions/*/policy",                                     "",                   ""},
  {"GetProvisionedConcurrencyConfig",        verb::get,     "/2019-09-30/functions/*/provisioned-concurrency",                    "",                   ""},
  {"GetRuntimeManagementConfig",             verb::get,     "/2021-07-20/functions/*/runtime-management-config",                  "",                   ""},
  {"Invoke",                                 verb::post,    "/2015-03-31/functions/*/invocations",                                "",                   ""},
  {"InvokeAsync",                            verb::post,    "/2014-11-13/functions/*/invoke-async",                               "",                   ""},
  {"InvokeWithResponseStream",               verb::post,    "/2021-11-15/functions/*/response-streaming-invocations",             "",                   ""},
  {"ListAliases",                            verb::get,     "/2015-03-31/functions/*/aliases",                                    "",                   ""},
  {"ListCapacityProviders",                  verb::get,     "/2025-11-30/capacity-providers",                                     "",                   ""},
  {"ListCodeSigningConfigs",                 verb::get,     "/2020-04-22/code-signing-configs",                                   "",                   ""},
  {"ListDurableExecutionsByFunction",        verb::get,     "/2025-12-01/functions/*/durable-executions",                         "",                   ""},
  {"ListEventSourceMappings",                verb::get,     "/2015-03-31/event-source-mappings",                                  "",                   ""},
  {"ListFunctionEventInvokeConfigs",         verb::get,     "/2019-09-25/functions/*/event-invoke-config/list",                   "",                   ""},
  {"ListFunctionUrlConfigs",                 verb::get,     "/2021-10-31/functions/*/urls",                                       "",                   ""},
  {"ListFunctionVersionsByCapacityProvider", verb::get,     "/2025-11-30/capacity-providers/*/function-versions",                 "",                   ""},
  {"ListFunctions",                          verb::get,     "/2015-03-31/functions",                                              "",                   ""},
  {"ListFunctionsByCodeSigningConfig",       verb::get,     "/2020-04-22/code-signing-configs/*/functions",                       "",                   ""},
  {"ListLayerVersions",                      verb::get,     "/2018-10-31/layers/*/versions",                                      "",                   ""},
  {"ListLayers",                             verb::get,     "/2018-10-31/layers",                                                 "",                   ""},
  {"ListProvisionedConcurrencyConfigs",      verb::get,     "/2019-09-30/functions/*/provisioned-concurrency",                    "List=ALL",           ""},
  {"ListTags",                               verb::get,     "/2017-03-31/tags/*",                                                 "",                   ""},
  {"ListVersionsByFunction",                 verb::get,     "/2015-03-31/functions/*/versions",                                   "",                   ""},
  {"PublishLayerVersion",                    verb::post,    "/2018-10-31/layers/*/versions",                                      "",                   ""},
  {"PublishVersion",                         verb::post,    "/2015-03-31/functions/*/versions",                                   "",                   ""},
  {"PutFunctionCodeSigningConfig",           verb::put,     "/2020-06-30/functions/*/code-signing-config",                        "",                   ""},
  {"PutFunctionConcurrency",                 verb::put,     "/2017-10-31/functions/*/concurrency",                                "",                   ""},
  {"PutFunctionEventInvokeConfig",           verb::put,     "/2019-09-25/functions/*/event-invoke-config",                        "",                   ""},
  {"PutFunctionRecursionConfig",             verb::put,     "/2024-08-31/functions/*/recursion-config",                           "",                   ""},
  {"PutFunctionScalingConfig",               verb::put,     "/2025-11-30/functions/*/function-scaling-config",                    "",                   ""},
  {"PutProvisionedConcurrencyConfig",        verb::put,     "/2019-09-30/functions/*/provisioned-concurrency",                    "",                   ""},
  {"PutRuntimeManagementConfig",             verb::put,     "/2021-07-20/functions/*/runtime-management-config",                  "",                   ""},
  {"RemoveLayerVersionPermission",           verb::delete_, "/2018-10-31/layers/*/versions/*/policy/*",                           "",                   ""},
  {"RemovePermission",                       verb::delete_, "/2015-03-31/functions/*/policy/*",                                   "",                   ""},
  {"SendDurableExecutionCallbackFailure",    verb::post,    "/2025-12-01/durable-execution-callbacks/*/fail",                     "",                   ""},
  {"SendDurableExecutionCallbackHeartbeat",  verb::post,    "/2025-12-01/durable-execution-callbacks/*/heartbeat",                "",                   ""},
  {"SendDurableExecutionCallbackSuccess",    verb::post,    "/2025-12-01/durable-execution-callbacks/*/succeed",                  "",                   ""},
  {"StopDurableExecution",                   verb::post,    "/2025-12-01/durable-executions/*/stop",                              "",                   ""},
  {"TagResource",                            verb::post,    "/2017-03-31/tags/*",                                                 "",                   ""},
  {"UntagResource",                          verb::delete_, "/2017-03-31/tags/*",                                                 "",                   ""},
  {"UpdateAlias",                            verb::put,     "/2015-03-31/functions/*/aliases/*",                                  "",                   ""},
  {"UpdateCapacityProvider",                 verb::put,     "/2025-11-30/capacity-providers/*",                                   "",                   ""},
  {"UpdateCodeSigningConfig",                verb::put,     "/2020-04-22/code-signing-configs/*",                                 "",                   ""},
  {"UpdateEventSourceMapping",               verb::put,     "/2015-03-31/event-source-mappings/*",                                "",                   ""},
  {"UpdateFunctionCode",                     verb::put,     "/2015-03-31/functions/*/code",                                       "",                   ""},
  {"UpdateFunctionConfiguration",            verb::put,     "/2015-03-31/functions/*/configuration",                              "",                   ""},
  {"UpdateFunctionEventInvokeConfig",        verb::post,    "/2019-09-25/functions/*/event-invoke-config",                        "",                   ""},
  {"UpdateFunctionUrlConfig",                verb::put,     "/2021-10-31/functions/*/url",                                        "",                   ""},
});
// clang-format on

bool asks_for_nothing(const json::value& value) {
  if (const auto* object = value.if_object()) return object->empty();
  if (const auto* array = value.if_array()) return array->empty();
  if (const auto* text = value.if_string()) return text->empty();
  return value.is_bool() && !value.get_bool();
}

}  // namespace

std::span<const api_operation> api_operations() noexcept { return operations; }

bool is_here(const api_operation& which) noexcept {
  const auto all = routes();
  return std::any_of(all.begin(), all.end(),
                     [&](const route& each) { return each.name == which.name; });
}

const api_operation* find_operation(http::proto::verb method, const target& where) {
  const api_operation* result = nullptr;
  for (const auto& each : operations) {
    const bool same_path = fits(each.pattern, where, [](const std::string&) {});
    if (each.method != method || !same_path) continue;
    if (!where.has(each.parameter)) continue;
    // One that wants a parameter is meant before one that does not.
    if (!result || result->parameter.empty()) result = &each;
  }
  return result;
}

void refuse_members(const members& given, std::string_view structure) {
  for (const auto& row : api_structures()) {
    if (row.structure != structure || row.how != coverage::refused) continue;
    for_each_word(row.names, [&](std::string_view name) {
      const auto* value = given.find(name);
      if (!value || asks_for_nothing(*value)) return;
      given.found().refuse(fault::invalid_parameter_value,
                           "The parameter '" + given.path(name) + "' is not supported.");
    });
  }
}

}  // namespace platform::wire
