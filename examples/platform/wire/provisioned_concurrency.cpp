#include "invoke/engine.hpp"
#include "times.hpp"
#include "wire/limits.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include "wire/resolve.hpp"
#include "wire/steps.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr const char* member = "ProvisionedConcurrentExecutions";
constexpr std::uint64_t list_items_max = 50;

failure invalid(std::string message, bool is_untyped = false) {
  return {.what = fault::invalid_parameter_value,
          .message = std::move(message),
          .reason = {},
          .no_message = false,
          .untyped = is_untyped};
}

failure below_minimum() {
  return invalid(
      "Specified ConcurrentExecutions for function decreases account's "
      "UnreservedConcurrentExecution below its minimum value of [" +
          std::to_string(fsm::concurrency_limiter::unreserved_min) + "].",
      true);
}

// The version or alias, which has to be named beside the function.
function_target find_version(const call& request) {
  problems found;
  if (!request.target().parameter("Qualifier")) found.missing("qualifier");
  refuse_if(found.verdict());
  return need(find_target(request, fsm::name_rule::create));
}

// As `find_version`, for what only looks or takes away.
function_target find_published(const call& request) {
  auto target = find_version(request);
  if (!target.latest()) return target;
  throw refusal{invalid("The function resource provided must be an alias or a published version.")};
}

std::int64_t read_count(const call& request) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  given.require(member);
  const auto result = given.integer(member, 1, std::numeric_limits<std::int32_t>::max());
  refuse_if(found.verdict());
  return *result;
}

// What the function would have without what the qualifier has now.
std::int64_t others(const attributes& of, const std::string& qualifier) {
  const auto found = of.provisioned.find(qualifier);
  return total_provisioned(of) - (found == of.provisioned.end() ? 0 : found->second.wanted);
}

// Whether the function's reservation, or else the account, has enough.
void check_room(const site& where, const attributes& of, const std::string& qualifier,
                std::int64_t count) {
  const auto total = others(of, qualifier) + count;
  if (of.reserved_concurrency) {
    if (total <= *of.reserved_concurrency) return;
    throw refusal{
        invalid("Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function")};
  }
  const auto unreserved =
      std::int64_t{where.invocations.limiter().unreserved()} + total_provisioned(of);
  if (total <= unreserved) return;
  throw refusal{
      invalid("Specified ConcurrentExecutions for function is greater than account's "
              "unreserved concurrency [" +
                  std::to_string(unreserved) + "].",
              true)};
}

// Its instances are there after the time that provisioning takes.
provisioned_concurrency ask_for(const site& where, const attributes& of,
                                const std::string& qualifier, std::int64_t count) {
  const auto now = where.functions.clock().now();
  const auto had = of.provisioned.find(qualifier);
  const auto before = had == of.provisioned.end() ? 0 : had->second.allocated(now);
  return {.wanted = count,
          .before = std::min(before, count),
          .asked_at = now,
          .ready_at = now + where.cloud.draw_provision_time()};
}

json::object shown(const provisioned_concurrency& what, bool is_ready) {
  const auto allocated = is_ready ? what.wanted : what.before;
  return {{"RequestedProvisionedConcurrentExecutions", what.wanted},
          {"AvailableProvisionedConcurrentExecutions", allocated},
          {"AllocatedProvisionedConcurrentExecutions", allocated},
          {"Status", is_ready ? "READY" : "IN_PROGRESS"},
          {"LastModified", seconds_text(what.asked_at)}};
}

}  // namespace

void put_provisioned_concurrency_config(const call_ptr& request) {
  const auto target = find_version(*request);
  const auto count = read_count(*request);
  require_published({}, target.latest() ? "$LATEST" : target.qualifier);
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  const auto found = look_up_qualified(where, target).what;
  require_published(found, target.qualifier);
  check_room(where, found, target.qualifier, count);
  require_no_conflict(found, target.qualifier);
  const auto made = ask_for(where, found, target.qualifier, count);
  const auto changed = change_limits(
      where, {.name = target.name, .about = target.unqualified()},
      [&](attributes& into) { into.provisioned[target.qualifier] = made; }, below_minimum());
  request->set_sequence(changed.sequence);
  request->answer(202, shown(made, false));
}

void get_provisioned_concurrency_config(const call_ptr& request) {
  const auto target = find_published(*request);
  const auto& where = request->where();
  const auto of = look_up_qualified(where, target).what;
  const auto found = of.provisioned.find(target.qualifier);
  if (found == of.provisioned.end()) {
    throw refusal{{fault::provisioned_concurrency_config_not_found,
                   "No Provisioned Concurrency Config found for this function",
                   {}}};
  }
  const auto now = where.functions.clock().now();
  request->answer(200, shown(found->second, found->second.is_ready(now)));
}

void delete_provisioned_concurrency_config(const call_ptr& request) {
  const auto target = find_published(*request);
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  const auto of = look_up_qualified(where, target).what;
  if (!of.provisioned.contains(target.qualifier)) return request->answer(204);
  const auto changed =
      change_limits(where, {.name = target.name, .about = target.unqualified()},
                    [&](attributes& into) { into.provisioned.erase(target.qualifier); });
  request->set_sequence(changed.sequence);
  request->answer(204);
}

void list_provisioned_concurrency_configs(const call_ptr& request) {
  problems wrong;
  const auto page = read_page(*request, wrong, list_items_max);
  refuse_if(wrong.verdict());
  const auto target = need(find_target(*request, fsm::name_rule::create));
  const auto& where = request->where();
  const auto of = look_up(where, target.name, target.unqualified()).what;
  const auto now = where.functions.clock().now();
  request->answer(200, to_page(of.provisioned, page, "ProvisionedConcurrencyConfigs",
                               [&](const std::string& qualifier, const auto& each) {
                                 auto config = shown(each, each.is_ready(now));
                                 config["FunctionArn"] = target.arn + ":" + qualifier;
                                 return config;
                               }));
}

}  // namespace platform::wire
