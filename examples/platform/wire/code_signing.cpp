#include "wire/arns.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/steps.hpp"

#include <algorithm>
#include <string_view>

// Code is not signed, so that there are no code signing configurations: these operations tell it.

namespace platform::wire {

namespace {

constexpr std::string_view config_pattern =
    R"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:code-signing-config:csc-[a-z0-9]{17})";

bool is_config_arn(std::string_view text) {
  constexpr std::string_view head = ":code-signing-config:csc-";
  constexpr std::size_t id_length = 17;
  if (!is_arn(text) || service_of(text) != "lambda" || account_of(text).empty()) return false;
  if (text.size() < head.size() + id_length) return false;
  const auto id = text.substr(text.size() - id_length);
  return text.substr(0, text.size() - id_length).ends_with(head) &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

function_target find_function(const call& request) {
  auto target = need(find_target(request, fsm::name_rule::lookup));
  static_cast<void>(look_up_qualified(request.where(), target));
  return target;
}

}  // namespace

void get_function_code_signing_config(const call_ptr& request) {
  static_cast<void>(find_function(*request));
  request->answer(200, boost::json::object{});
}

void put_function_code_signing_config(const call_ptr& request) {
  static_cast<void>(need(find_target(*request, fsm::name_rule::lookup)));
  const auto body = need(parse_body(request->body()));
  problems found;
  const members given{body, "", found};
  given.require("CodeSigningConfigArn");
  const auto arn =
      given.text("CodeSigningConfigArn",
                 {.length_max = 200, .matches = is_config_arn, .pattern = config_pattern});
  refuse_if(found.verdict());
  // Also when there is no such function.
  throw refusal{{fault::code_signing_config_not_found,
                 "The code signing configuration cannot be found. Check that the provided "
                 "configuration is not deleted: " +
                     *arn + ".",
                 {}}};
}

void delete_function_code_signing_config(const call_ptr& request) {
  static_cast<void>(find_function(*request));
  request->answer(204);
}

}  // namespace platform::wire
