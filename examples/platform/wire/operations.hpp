#pragma once

#include "wire/call.hpp"

/// \file
/// The operations of the Lambda API. Each takes one request and answers it, now or later, without
/// ever blocking. What is allowed in which state is the runtime's business; here requests become
/// its calls and its answers become responses.

namespace platform::wire {

void create_function(const call_ptr& request);
void get_function(const call_ptr& request);
void get_function_configuration(const call_ptr& request);
void list_functions(const call_ptr& request);
void delete_function(const call_ptr& request);
void update_function_code(const call_ptr& request);
void update_function_configuration(const call_ptr& request);

void publish_version(const call_ptr& request);
void list_versions_by_function(const call_ptr& request);

void create_alias(const call_ptr& request);
void get_alias(const call_ptr& request);
void update_alias(const call_ptr& request);
void delete_alias(const call_ptr& request);
void list_aliases(const call_ptr& request);

void tag_resource(const call_ptr& request);
void list_tags(const call_ptr& request);
void untag_resource(const call_ptr& request);

void create_function_url_config(const call_ptr& request);
void get_function_url_config(const call_ptr& request);
void update_function_url_config(const call_ptr& request);
void delete_function_url_config(const call_ptr& request);
void list_function_url_configs(const call_ptr& request);

/// Serves a package to whoever has a link to it, as GetFunction gives it.
void serve_code(const call_ptr& request);

/// The policy of a function, a version or an alias: who may use it.
void add_permission(const call_ptr& request);
void get_policy(const call_ptr& request);
void remove_permission(const call_ptr& request);

void put_function_concurrency(const call_ptr& request);
void get_function_concurrency(const call_ptr& request);
void delete_function_concurrency(const call_ptr& request);

void put_provisioned_concurrency_config(const call_ptr& request);
void get_provisioned_concurrency_config(const call_ptr& request);
void delete_provisioned_concurrency_config(const call_ptr& request);
void list_provisioned_concurrency_configs(const call_ptr& request);

void put_function_event_invoke_config(const call_ptr& request);
void update_function_event_invoke_config(const call_ptr& request);
void get_function_event_invoke_config(const call_ptr& request);
void delete_function_event_invoke_config(const call_ptr& request);
void list_function_event_invoke_configs(const call_ptr& request);

void get_account_settings(const call_ptr& request);

void put_function_code_signing_config(const call_ptr& request);
void get_function_code_signing_config(const call_ptr& request);
void delete_function_code_signing_config(const call_ptr& request);

void put_runtime_management_config(const call_ptr& request);
void get_runtime_management_config(const call_ptr& request);

void put_function_recursion_config(const call_ptr& request);
void get_function_recursion_config(const call_ptr& request);

void list_event_source_mappings(const call_ptr& request);
/// Answers whatever is asked of one mapping.
void find_event_source_mapping(const call_ptr& request);

/// Runs the function, or keeps the event for later.
void invoke(const call_ptr& request);
/// The same under an older name and only for events.
void invoke_async(const call_ptr& request);
/// Runs the function and answers with a stream of events, which is sent as a whole.
void invoke_with_response_stream(const call_ptr& request);

/// Bytes that the payload of this invocation may have.
[[nodiscard]] std::uint64_t payload_bytes_max(const http::request_head& head);
/// The error for a payload of `size` bytes, which is too long.
[[nodiscard]] failure payload_too_large(const http::request_head& head, const std::string& size);

}  // namespace platform::wire
