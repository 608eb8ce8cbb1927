#include "wire/limits.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/steps.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr const char* member = "ReservedConcurrentExecutions";

// The function whose versions share the reservation.
function_target find_owner(const call& request) {
  auto target = need(find_target(request, fsm::name_rule::create));
  if (!target.qualifier.empty()) throw refusal{only_functions()};
  return target;
}

std::int64_t read_count(const call& request) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  given.require(member);
  const auto result = given.integer(member, 0, std::numeric_limits<std::int32_t>::max());
  refuse_if(found.verdict());
  return *result;
}

failure untyped(std::string message) {
  return {.what = fault::invalid_parameter_value,
          .message = std::move(message),
          .reason = {},
          .no_message = false,
          .untyped = true};
}

failure too_much() {
  return untyped(
      "Specified ReservedConcurrentExecutions for function decreases account's "
      "UnreservedConcurrentExecution below its minimum value of [" +
      std::to_string(fsm::concurrency_limiter::unreserved_min) + "].");
}

// The words of the service, blanks and all.
failure too_little(std::int64_t count, std::int64_t provisioned) {
  return untyped(" ReservedConcurrentExecutions  " + std::to_string(count) +
                 " should not be lower than function's total provisioned concurrency [" +
                 std::to_string(provisioned) + "].");
}

json::object shown(std::optional<std::int64_t> count) {
  json::object result;
  if (count) result[member] = *count;
  return result;
}

}  // namespace

void put_function_concurrency(const call_ptr& request) {
  const auto target = find_owner(*request);
  const auto count = read_count(*request);
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  // When there is no such function the ARN is printed with $LATEST.
  const subject about{target.name, target.arn, target.arn + ":$LATEST"};
  const auto changed = change_limits(
      where, {.name = target.name, .about = about},
      [&](attributes& into) {
        const auto provisioned = total_provisioned(into);
        if (count < provisioned) throw refusal{too_little(count, provisioned)};
        into.reserved_concurrency = count;
      },
      too_much());
  request->set_sequence(changed.sequence);
  request->answer(200, shown(count));
}

void get_function_concurrency(const call_ptr& request) {
  const auto target = find_owner(*request);
  const auto found = look_up(request->where(), target.name, target.unqualified());
  request->answer(200, shown(found.what.reserved_concurrency));
}

void delete_function_concurrency(const call_ptr& request) {
  const auto target = find_owner(*request);
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  const auto changed = change_limits(where, {.name = target.name, .about = target.unqualified()},
                                     [](attributes& into) { into.reserved_concurrency.reset(); });
  request->set_sequence(changed.sequence);
  request->answer(204);
}

}  // namespace platform::wire
