#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/steps.hpp"

#include <array>
#include <string_view>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr const char* setting_name = "RecursionConfig";
constexpr const char* member = "RecursiveLoop";
constexpr std::array<std::string_view, 2> choices{"Terminate", "Allow"};

function_target find_function(const call& request) {
  auto target = need(find_target(request, fsm::name_rule::create));
  if (!target.qualifier.empty()) throw refusal{only_functions()};
  return target;
}

}  // namespace

void put_function_recursion_config(const call_ptr& request) {
  const auto target = find_function(*request);
  const auto body = need(parse_body(request->body()));
  problems found;
  const members given{body, "", found};
  given.require(member);
  const auto choice = given.text(member, {.values = choices});
  refuse_if(found.verdict());
  const json::object config{{member, *choice}};
  const auto lock = request->where().locks.take(target.name);
  const auto changed =
      change_attributes(request->where(), {.name = target.name, .about = target.unqualified()},
                        [&](const fsm::function_view&, attributes& into) {
                          into.settings[setting_name]["$LATEST"] = config;
                        });
  request->set_sequence(changed.sequence);
  request->answer(200, config);
}

void get_function_recursion_config(const call_ptr& request) {
  const auto target = find_function(*request);
  const auto of = look_up(request->where(), target.name, target.unqualified()).what;
  const auto* config = of.setting(setting_name, "$LATEST");
  request->answer(200, config ? *config : json::object{{member, "Terminate"}});
}

}  // namespace platform::wire
