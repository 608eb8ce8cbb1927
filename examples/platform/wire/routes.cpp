#include "wire/routes.hpp"

#include "wire/admin_session.hpp"
#include "wire/control.hpp"
#include "wire/dashboard.hpp"
#include "wire/operations.hpp"

#include <array>
#include <cstddef>

namespace platform::wire {

namespace {

using http::proto::verb;

// clang-format off
constexpr auto worker = run_on::worker;
constexpr auto table = std::to_array<route>({
  // method        path                                        operation                       body                 answered by                    door                worked on by
  {verb::post,    "/2015-03-31/functions",                   "CreateFunction",               body_limit::code,    create_function,             door::signature, worker},
  {verb::get,     "/2015-03-31/functions",                   "ListFunctions",                body_limit::small,   list_functions,              door::signature, worker},
  {verb::get,     "/2015-03-31/functions/*",                 "GetFunction",                  body_limit::small,   get_function,                door::signature},
  {verb::delete_, "/2015-03-31/functions/*",                 "DeleteFunction",               body_limit::small,   delete_function,             door::signature, worker},
  {verb::get,     "/2015-03-31/functions/*/configuration",   "GetFunctionConfiguration",     body_limit::small,   get_function_configuration,  door::signature},
  {verb::put,     "/2015-03-31/functions/*/configuration",   "UpdateFunctionConfiguration",  body_limit::small,   update_function_configuration, door::signature, worker},
  {verb::put,     "/2015-03-31/functions/*/code",            "UpdateFunctionCode",           body_limit::code,    update_function_code,        door::signature, worker},
  {verb::post,    "/2015-03-31/functions/*/invocations",     "Invoke",                       body_limit::payload, invoke,                      door::signature},
  {verb::post,    "/2014-11-13/functions/*/invoke-async",    "InvokeAsync",                  body_limit::payload, invoke_async,                door::signature},
  {verb::post,    "/2021-11-15/functions/*/response-streaming-invocations", "InvokeWithResponseStream", body_limit::payload, invoke_with_response_stream, door::signature},
  {verb::post,    "/2015-03-31/functions/*/versions",        "PublishVersion",               body_limit::small,   publish_version,             door::signature, worker},
  {verb::get,     "/2015-03-31/functions/*/versions",        "ListVersionsByFunction",       body_limit::small,   list_versions_by_function,   door::signature, worker},
  {verb::post,    "/2015-03-31/functions/*/aliases",         "CreateAlias",                  body_limit::small,   create_alias,                door::signature, worker},
  {verb::get,     "/2015-03-31/functions/*/aliases",         "ListAliases",                  body_limit::small,   list_aliases,                door::signature, worker},
  {verb::get,     "/2015-03-31/functions/*/aliases/*",       "GetAlias",                     body_limit::small,   get_alias,                   door::signature, worker},
  {verb::put,     "/2015-03-31/functions/*/aliases/*",       "UpdateAlias",                  body_limit::small,   update_alias,                door::signature, worker},
  {verb::delete_, "/2015-03-31/functions/*/aliases/*",       "DeleteAlias",                  body_limit::small,   delete_alias,                door::signature, worker},
  {verb::post,    "/2017-03-31/tags/*",                      "TagResource",                  body_limit::small,   tag_resource,                door::signature, worker},
  {verb::get,     "/2017-03-31/tags/*",                      "ListTags",                     body_limit::small,   list_tags,                   door::signature, worker},
  {verb::delete_, "/2017-03-31/tags/*",                      "UntagResource",                body_limit::small,   untag_resource,              door::signature, worker},
  {verb::post,    "/2015-03-31/functions/*/policy",          "AddPermission",                body_limit::small,   add_permission,              door::signature, worker},
  {verb::get,     "/2015-03-31/functions/*/policy",          "GetPolicy",                    body_limit::small,   get_policy,                  door::signature, worker},
  {verb::delete_, "/2015-03-31/functions/*/policy/*",        "RemovePermission",             body_limit::small,   remove_permission,           door::signature, worker},
  {verb::put,     "/2017-10-31/functions/*/concurrency",     "PutFunctionConcurrency",       body_limit::small,   put_function_concurrency,    door::signature, worker},
  {verb::get,     "/2019-09-30/functions/*/concurrency",     "GetFunctionConcurrency",       body_limit::small,   get_function_concurrency,    door::signature, worker},
  {verb::delete_, "/2017-10-31/functions/*/concurrency",     "DeleteFunctionConcurrency",    body_limit::small,   delete_function_concurrency, door::signature, worker},
  {verb::put,     "/2019-09-30/functions/*/provisioned-concurrency", "PutProvisionedConcurrencyConfig", body_limit::small, put_provisioned_concurrency_config, door::signature, worker},
  {verb::get,     "/2019-09-30/functions/*/provisioned-concurrency", "ListProvisionedConcurrencyConfigs", body_limit::small, list_provisioned_concurrency_configs, door::signature, worker, "List=ALL"},
  {verb::get,     "/2019-09-30/functions/*/provisioned-concurrency", "GetProvisionedConcurrencyConfig", body_limit::small, get_provisioned_concurrency_config, door::signature, worker},
  {verb::delete_, "/2019-09-30/functions/*/provisioned-concurrency", "DeleteProvisionedConcurrencyConfig", body_limit::small, delete_provisioned_concurrency_config, door::signature, worker},
  {verb::put,     "/2019-09-25/functions/*/event-invoke-config", "PutFunctionEventInvokeConfig", body_limit::small, put_function_event_invoke_config, door::signature, worker},
  {verb::post,    "/2019-09-25/functions/*/event-invoke-config", "UpdateFunctionEventInvokeConfig", body_limit::small, update_function_event_invoke_config, door::signature, worker},
  {verb::get,     "/2019-09-25/functions/*/event-invoke-config", "GetFunctionEventInvokeConfig", body_limit::small, get_function_event_invoke_config, door::signature, worker},
  {verb::delete_, "/2019-09-25/functions/*/event-invoke-config", "DeleteFunctionEventInvokeConfig", body_limit::small, delete_function_event_invoke_config, door::signature, worker},
  {verb::get,     "/2019-09-25/functions/*/event-invoke-config/list", "ListFunctionEventInvokeConfigs", body_limit::small, list_function_event_invoke_configs, door::signature, worker},
  {verb::get,     "/2016-08-19/account-settings",            "GetAccountSettings",           body_limit::small,   get_account_settings,        door::signature},
  {verb::put,     "/2020-06-30/functions/*/code-signing-config", "PutFunctionCodeSigningConfig", body_limit::small, put_function_code_signing_config, door::signature, worker},
  {verb::get,     "/2020-06-30/functions/*/code-signing-config", "GetFunctionCodeSigningConfig", body_limit::small, get_function_code_signing_config, door::signature, worker},
  {verb::delete_, "/2020-06-30/functions/*/code-signing-config", "DeleteFunctionCodeSigningConfig", body_limit::small, delete_function_code_signing_config, door::signature, worker},
  {verb::put,     "/2021-07-20/functions/*/runtime-management-config", "PutRuntimeManagementConfig", body_limit::small, put_runtime_management_config, door::signature, worker},
  {verb::get,     "/2021-07-20/functions/*/runtime-management-config", "GetRuntimeManagementConfig", body_limit::small, get_runtime_management_config, door::signature, worker},
  {verb::put,     "/2024-08-31/functions/*/recursion-config", "PutFunctionRecursionConfig",  body_limit::small,   put_function_recursion_config, door::signature, worker},
  {verb::get,     "/2024-08-31/functions/*/recursion-config", "GetFunctionRecursionConfig",  body_limit::small,   get_function_recursion_config, door::signature, worker},
  {verb::get,     "/2015-03-31/event-source-mappings",       "ListEventSourceMappings",      body_limit::small,   list_event_source_mappings,  door::signature, worker},
  {verb::get,     "/2015-03-31/event-source-mappings/*",     "GetEventSourceMapping",        body_limit::small,   find_event_source_mapping,   door::signature},
  {verb::delete_, "/2015-03-31/event-source-mappings/*",     "DeleteEventSourceMapping",     body_limit::small,   find_event_source_mapping,   door::signature},
  {verb::post,    "/2021-10-31/functions/*/url",             "CreateFunctionUrlConfig",      body_limit::small,   create_function_url_config,  door::signature, worker},
  {verb::get,     "/2021-10-31/functions/*/url",             "GetFunctionUrlConfig",         body_limit::small,   get_function_url_config,     door::signature, worker},
  {verb::put,     "/2021-10-31/functions/*/url",             "UpdateFunctionUrlConfig",      body_limit::small,   update_function_url_config,  door::signature, worker},
  {verb::delete_, "/2021-10-31/functions/*/url",             "DeleteFunctionUrlConfig",      body_limit::small,   delete_function_url_config,  door::signature, worker},
  {verb::get,     "/2021-10-31/functions/*/urls",            "ListFunctionUrlConfigs",       body_limit::small,   list_function_url_configs,   door::signature, worker},
  {verb::get,     "/",                                       "dashboard",                    body_limit::none,    show_dashboard,              door::open},
  {verb::get,     "/metrics",                                "metrics",                      body_limit::small,   show_metrics,                door::admin,     worker},
  {verb::get,     "/_fsm/dashboard/*",                       "dashboard",                    body_limit::small,   show_dashboard_file,         door::admin},
  {verb::get,     "/_fsm/health",                            "health",                       body_limit::none,    show_health,                 door::open},
  {verb::post,    "/_fsm/checkpoint",                        "checkpoint",                   body_limit::small,   make_checkpoint,             door::admin},
  {verb::get,     "/_fsm/clock",                             "clock",                        body_limit::small,   show_clock,                  door::admin},
  {verb::post,    "/_fsm/clock",                             "clock",                        body_limit::small,   advance_clock,               door::admin},
  {verb::get,     "/_fsm/overview",                          "overview",                     body_limit::small,   show_overview,               door::admin,     worker},
  {verb::get,     "/_fsm/events",                            "events",                       body_limit::small,   stream_events,               door::admin,     worker},
  {verb::get,     "/_fsm/event-invokes",                     "event-invokes",                body_limit::small,   show_event_invokes,          door::admin},
  {verb::get,     "/_fsm/code/*",                            "code",                         body_limit::none,    serve_code,                  door::open},
  {verb::get,     "/_fsm/world",                             "world",                        body_limit::small,   show_world,                  door::admin},
  {verb::post,    "/_fsm/world",                             "world",                        body_limit::small,   change_world,                door::admin},
  {verb::get,     "/_fsm/functions",                         "functions",                    body_limit::small,   query_functions,             door::admin,     worker},
  {verb::get,     "/_fsm/functions/*/explain",               "explain",                      body_limit::small,   show_explanation,            door::admin,     worker},
  {verb::get,     "/_fsm/lifecycle",                         "lifecycle",                    body_limit::small,   show_lifecycle,              door::admin},
  {verb::get,     "/_fsm/functions/*/history",               "history",                      body_limit::small,   show_history,                door::admin,     worker},
  {verb::post,    "/_fsm/session",                           "session",                      body_limit::form,    start_session,               door::open},
  {verb::get,     "/_fsm/session",                           "session",                      body_limit::small,   show_session,                door::admin},
  {verb::post,    "/_fsm/session/end",                       "session",                      body_limit::none,    end_session,                 door::open},
  {verb::get,     "/_fsm/wait/*",                            "wait",                         body_limit::small,   wait_for,                    door::admin},
});
// clang-format on

// Nothing of our own is behind the door of the Lambda API by oversight, and nobody reads the long
// body of a request that everybody may send.
constexpr bool doors_fit() {
  for (const auto& each : table) {
    const bool ours = !each.pattern.starts_with("/20");
    const bool is_short = each.limit == body_limit::form || each.limit == body_limit::none;
    if (ours == (each.door == door::signature)) return false;
    if (each.door == door::open && !is_short) return false;
  }
  return true;
}
static_assert(doors_fit());

}  // namespace

std::span<const route> routes() noexcept { return table; }

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const auto& each : table) names.emplace_back(each.name);
  names.emplace_back("none");
  return names;
}

std::size_t operation_number(const route* which) noexcept {
  return which ? static_cast<std::size_t>(which - table.data()) : table.size();
}

namespace {

// HEAD is GET without the body; the Lambda API does not know it.
bool takes(const route& which, verb method) {
  const bool head = method == verb::head && which.door != door::signature;
  return which.method == (head ? verb::get : method);
}

}  // namespace

matched_route match(http::proto::verb method, const target& where) {
  for (const auto& each : table) {
    if (!takes(each, method) || !where.has(each.parameter)) continue;
    matched_route result{&each, {}, {}};
    const auto keep = [&result](const std::string& part) {
      (result.function_text.empty() ? result.function_text : result.item_text) = part;
    };
    if (fits(each.pattern, where, keep)) return result;
  }
  return {};
}

door door_of(const matched_route& found, const target& where) noexcept {
  if (found.which) return found.which->door;
  const bool ours =
      where.segments.front() == "_fsm" || where.path == "/" || where.path == "/metrics";
  return ours ? door::admin : door::signature;
}

}  // namespace platform::wire
