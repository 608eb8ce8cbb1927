#include "wire/names.hpp"

#include <fsm/name.hpp>

#include <utility>

namespace platform::wire {

namespace {

std::string_view pattern_of(fsm::name_rule rule) {
  return rule == fsm::name_rule::create ? fsm::create_name_pattern : fsm::lookup_name_pattern;
}

void check_qualifier(const std::string& text, problems& found) {
  if (text.size() > fsm::qualifier_length_max) {
    found.violation(
        text, "qualifier",
        "have length less than or equal to " + std::to_string(fsm::qualifier_length_max));
  }
  if (text.empty()) {
    found.violation(text, "qualifier", "have length greater than or equal to 1");
  } else if (!fsm::matches_qualifier_pattern(text)) {
    found.violation(text, "qualifier",
                    "satisfy regular expression pattern: " + std::string{fsm::qualifier_pattern});
  }
}

// Looking up reports the pattern alone; creating reports the length before it.
void check_name(std::string_view text, fsm::name_rule rule, problems& found) {
  const bool creates = rule == fsm::name_rule::create;
  const bool matches = fsm::matches_name_pattern(text, rule);
  const auto length_max = creates ? fsm::create_text_length_max : fsm::lookup_text_length_max;
  if (text.size() > length_max && (creates || matches)) {
    found.violation(text, "functionName",
                    "have length less than or equal to " + std::to_string(length_max));
  }
  if (!matches) {
    found.violation(text, "functionName",
                    "satisfy regular expression pattern: " + std::string{pattern_of(rule)});
  }
}

// Where a reference leads to, seen from here.
tl::expected<function_target, failure> place(const site& where, fsm::function_ref ref) {
  if (!ref.region.empty() && ref.region != where.region) {
    return tl::make_unexpected(failure{fault::resource_not_found,
                                       "Functions from '" + ref.region +
                                           "' are not reachable in this region ('" + where.region +
                                           "')",
                                       {}});
  }
  if (!ref.account.empty() && ref.account != where.account) {
    return tl::make_unexpected(failure{fault::access_denied, {}, {}, true});
  }
  auto arn = fsm::arn("aws", where.region, where.account, ref.name);
  return function_target{std::move(ref.name), std::move(ref.qualifier), std::move(arn)};
}

failure invalid(const fsm::error& why) { return {fault::invalid_parameter_value, why.message, {}}; }

}  // namespace

std::string function_target::shown_arn() const {
  return qualifier.empty() ? arn : arn + ":" + qualifier;
}

tl::expected<function_target, failure> find_target(const call& request, fsm::name_rule rule) {
  const auto& text = request.function_text();
  const auto* qualifier = request.target().parameter("Qualifier");
  problems found;
  if (qualifier) check_qualifier(*qualifier, found);
  check_name(text, rule, found);
  if (auto wrong = found.verdict()) return tl::make_unexpected(*std::move(wrong));
  // The lengths have been checked; a name that is too long to be created is simply not there.
  auto ref = fsm::parse_function_ref(text, fsm::name_rule::lookup);
  if (ref) ref = fsm::resolve(*std::move(ref), qualifier ? *qualifier : std::string{});
  if (!ref) return tl::make_unexpected(invalid(ref.error()));
  return place(request.where(), *std::move(ref));
}

void check_new_name(const members& body, std::string_view text) {
  auto& found = body.found();
  check_name(text, fsm::name_rule::create, found);
  const auto ref = fsm::parse_function_ref(text, fsm::name_rule::lookup);
  if (text.size() > fsm::create_text_length_max || !ref) return;
  if (ref->name.size() > fsm::function_name_length_max) {
    // This one is not a ValidationException, although it reads like one.
    found.refuse(
        fault::invalid_parameter_value,
        "1 validation error detected: Value '" + std::string{text} +
            "' at 'functionName' failed to satisfy constraint: Member must have length less "
            "than or equal to " +
            std::to_string(fsm::function_name_length_max));
  }
}

tl::expected<function_target, failure> new_target(const site& where, std::string_view text) {
  auto ref = fsm::parse_function_ref(text, fsm::name_rule::create);
  if (!ref) return tl::make_unexpected(invalid(ref.error()));
  auto result = place(where, *std::move(ref));
  if (result && !result->latest()) return tl::make_unexpected(only_functions());
  return result;
}

failure no_such_version(const function_target& what) {
  return {fault::resource_not_found, "Function not found: " + what.shown_arn(), {}};
}

failure no_such_alias(const function_target& what) {
  return {fault::resource_not_found, "Cannot find alias arn: " + what.shown_arn(), {}};
}

failure only_functions() {
  return {
      fault::invalid_parameter_value,
      "This operation is permitted on Lambda functions only. Aliases and versions do not support "
      "this operation. Please specify either a function name or an unqualified function ARN.",
      {}};
}

}  // namespace platform::wire
