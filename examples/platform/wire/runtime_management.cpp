#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/resolve.hpp"
#include "wire/settings.hpp"
#include "wire/steps.hpp"

#include <array>
#include <string_view>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr const char* setting_name = "RuntimeManagementConfig";
constexpr std::array<std::string_view, 3> modes{"Auto", "Manual", "FunctionUpdate"};
constexpr std::string_view arn_head = "arn:aws";
constexpr std::string_view version_pattern =
    R"(arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}::runtime:.+)";

bool is_runtime_version(std::string_view text) {
  const auto resource = text.find("::runtime:");
  return text.starts_with(arn_head) && text.find(":lambda:") < resource &&
         resource != std::string_view::npos && !text.ends_with(":");
}

[[noreturn]] void refuse_parameter(std::string message) {
  throw refusal{{fault::invalid_parameter_value, std::move(message), {}}};
}

std::string key_of(const function_target& which) {
  return which.latest() ? "$LATEST" : which.qualifier;
}

// The function or version, whose runtime it is.
function_target find_version(const call& request) {
  auto target = need(find_target(request, fsm::name_rule::lookup));
  if (!target.latest() && is_alias_name(target.qualifier)) {
    refuse_parameter("The function resource provided must be $LATEST or a published version.");
  }
  return target;
}

json::object read_config(const call& request) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  given.require("UpdateRuntimeOn");
  const auto mode = given.text("UpdateRuntimeOn", {.values = modes});
  const auto version = given.text("RuntimeVersionArn", {.length_min = 26,
                                                        .length_max = 2048,
                                                        .matches = is_runtime_version,
                                                        .pattern = version_pattern});
  if (mode && (*mode == "Manual") != version.has_value()) {
    found.refuse(fault::invalid_parameter_value,
                 version ? "RuntimeVersionArn goes only with UpdateRuntimeOn Manual."
                         : "UpdateRuntimeOn Manual needs a RuntimeVersionArn.");
  }
  refuse_if(found.verdict());
  json::object result{{"UpdateRuntimeOn", *mode}, {"RuntimeVersionArn", nullptr}};
  if (version) result["RuntimeVersionArn"] = *version;
  return result;
}

json::object shown(const function_target& which, json::object config) {
  config["FunctionArn"] = which.shown_arn();
  return config;
}

}  // namespace

void put_runtime_management_config(const call_ptr& request) {
  const auto target = find_version(*request);
  const auto config = read_config(*request);
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  static_cast<void>(look_up_qualified(where, target));
  const auto changed =
      change_attributes(where, {.name = target.name, .about = target.unqualified()},
                        [&](const fsm::function_view&, attributes& into) {
                          into.settings[setting_name][key_of(target)] = config;
                        });
  request->set_sequence(changed.sequence);
  request->answer(200, shown(target, config));
}

void get_runtime_management_config(const call_ptr& request) {
  const auto target = find_version(*request);
  const auto of = look_up_qualified(request->where(), target).what;
  const auto* config = of.setting(setting_name, key_of(target));
  request->answer(200, shown(target, config ? *config
                                            : json::object{{"UpdateRuntimeOn", "Auto"},
                                                           {"RuntimeVersionArn", nullptr}}));
}

}  // namespace platform::wire
