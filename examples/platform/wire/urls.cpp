#include "times.hpp"
#include "wire/digest.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include "wire/resolve.hpp"
#include "wire/settings.hpp"
#include "wire/steps.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

/// \file
/// The URLs of functions and aliases: kept and shown, and never called here.

namespace platform::wire {

namespace json = boost::json;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t items_max = 50;
constexpr std::int64_t max_age_max = 86'400;
constexpr std::string_view setting_name = "FunctionUrlConfig";
constexpr std::string_view qualifier_pattern = R"(((?!^\d+$)^[0-9a-zA-Z-_]+$))";
constexpr std::string_view name_pattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]{1,64})(:((?!\d+$)[0-9a-zA-Z-_]+))?)";
constexpr std::array auth_types{"NONE"sv, "AWS_IAM"sv};
constexpr std::array invoke_modes{"RESPONSE_STREAM"sv, "BUFFERED"sv};

// Only aliases have URLs of their own; the function's is that of its latest version.
bool is_alias(std::string_view text) {
  return !text.empty() && !is_version_number(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

function_target find_owner(const call& request) {
  problems found;
  if (const auto* qualifier = request.target().parameter("Qualifier")) {
    check_text(
        *qualifier, "qualifier",
        {.length_min = 1, .length_max = 128, .matches = is_alias, .pattern = qualifier_pattern},
        found);
  }
  refuse_if(found.verdict());
  auto result = need(find_target(request, fsm::name_rule::lookup));
  if (!result.qualifier.empty() && !is_alias(result.qualifier)) {
    found.violation(request.function_text(), "functionName",
                    "satisfy regular expression pattern: " + std::string{name_pattern});
  }
  refuse_if(found.verdict());
  return result;
}

// Under which its URL is kept.
std::string key_of(const function_target& which) {
  return which.qualifier.empty() ? "$LATEST" : which.qualifier;
}

failure no_function() { return {fault::resource_not_found, "Function does not exist", {}}; }

failure no_url() {
  return {fault::resource_not_found, "The resource you requested does not exist.", {}};
}

bool has_alias(const attributes& what, const function_target& which) {
  return which.qualifier.empty() || what.aliases.contains(which.qualifier);
}

// What hangs on the function; `missing` when it or its alias is not there.
attributes look(const site& where, const function_target& which, const failure& missing) {
  const auto found = where.functions.get(which.name);
  if (!found) {
    if (found.error().code == fsm::errc::not_found) throw refusal{missing};
    throw refusal{explain_read(found.error(), which.unqualified())};
  }
  auto result = parse_attributes(which.name, found->metadata);
  if (!has_alias(result, which)) throw refusal{missing};
  return result;
}

// A list of texts, each as long as it may be.
void take_texts(const members& given, std::string_view name, std::size_t count_max,
                std::size_t length_min, std::size_t length_max, json::object& into) {
  const auto texts = given.texts(name);
  if (!texts) return;
  const auto path = given.path(name);
  auto& found = given.found();
  if (texts->size() > count_max) {
    found.violation(list_text(*texts), path,
                    "have length less than or equal to " + std::to_string(count_max));
  }
  const auto fits = [&](const std::string& each) {
    return each.size() >= length_min && each.size() <= length_max;
  };
  if (!std::all_of(texts->begin(), texts->end(), fits)) {
    found.violation(list_text(*texts), path,
                    "satisfy constraint: [Member must have length less than or equal to " +
                        std::to_string(length_max) +
                        ", Member must have length greater than or equal to " +
                        std::to_string(length_min) + "]");
  }
  into[name] = json::array(texts->begin(), texts->end());
}

void read_cors(const members& given, json::object& into) {
  const auto cors = given.object("Cors");
  if (!cors) return;
  json::object told;
  if (const auto allowed = cors->flag("AllowCredentials")) told["AllowCredentials"] = *allowed;
  take_texts(*cors, "AllowHeaders", 100, 0, 1024, told);
  take_texts(*cors, "AllowMethods", 6, 0, 6, told);
  take_texts(*cors, "AllowOrigins", 100, 1, 253, told);
  take_texts(*cors, "ExposeHeaders", 100, 0, 1024, told);
  if (const auto age = cors->integer("MaxAge", 0, max_age_max)) told["MaxAge"] = *age;
  into["Cors"] = std::move(told);
}

json::object read_settings_of_url(const call& request, bool creates) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  json::object result;
  if (creates) given.require("AuthType");
  if (const auto type = given.text("AuthType", {.values = auth_types})) result["AuthType"] = *type;
  if (const auto mode = given.text("InvokeMode", {.values = invoke_modes})) {
    result["InvokeMode"] = *mode;
  }
  read_cors(given, result);
  refuse_if(found.verdict());
  return result;
}

std::string new_url(const site& where) {
  return "https://" + random_token() + ".lambda-url." + where.region + ".on.aws/";
}

json::object shown(const function_target& which, const json::object& kept) {
  json::object result = kept;
  result["FunctionArn"] = which.shown_arn();
  if (!result.contains("InvokeMode")) result["InvokeMode"] = "BUFFERED";
  return result;
}

// The answer to a change leaves out what was never said.
json::object shown_after(const function_target& which, const json::object& kept) {
  json::object result = kept;
  result["FunctionArn"] = which.shown_arn();
  return result;
}

// Changes what is kept for the URL; `edit` gets it, null if there is none.
json::object change_url(const call_ptr& request, const function_target& which,
                        const failure& missing,
                        const std::function<json::object(const json::object* before)>& edit) {
  const auto& where = request->where();
  const auto lock = where.locks.take(which.name);
  static_cast<void>(look(where, which, missing));
  json::object result;
  const auto key = key_of(which);
  const auto changed = change_attributes(where, {.name = which.name, .about = which.unqualified()},
                                         [&](const fsm::function_view&, attributes& into) {
                                           if (!has_alias(into, which)) throw refusal{missing};
                                           result =
                                               edit(into.setting(std::string{setting_name}, key));
                                           into.settings[std::string{setting_name}][key] = result;
                                         });
  request->set_sequence(changed.sequence);
  return result;
}

}  // namespace

void create_function_url_config(const call_ptr& request) {
  const auto which = find_owner(*request);
  const auto told = read_settings_of_url(*request, true);
  const auto now = iso_text(request->where().functions.clock().now());
  const auto kept = change_url(request, which, no_function(), [&](const json::object* before) {
    if (before) {
      throw refusal{
          {fault::resource_conflict,
           "Failed to create function url config for [functionArn = " + which.shown_arn() +
               "]. Error message:  FunctionUrlConfig exists for this Lambda function",
           {}}};
    }
    auto made = told;
    made["FunctionUrl"] = new_url(request->where());
    made["CreationTime"] = now;
    made["LastModifiedTime"] = now;
    return made;
  });
  auto body = shown_after(which, kept);
  body.erase("LastModifiedTime");
  request->answer(201, body);
}

void get_function_url_config(const call_ptr& request) {
  const auto which = find_owner(*request);
  const auto what = look(request->where(), which, no_url());
  const auto* kept = what.setting(std::string{setting_name}, key_of(which));
  if (!kept) throw refusal{no_url()};
  request->answer(200, shown(which, *kept));
}

void update_function_url_config(const call_ptr& request) {
  const auto which = find_owner(*request);
  const auto told = read_settings_of_url(*request, false);
  const auto kept = change_url(request, which, no_function(), [&](const json::object* before) {
    if (!before) throw refusal{no_url()};
    auto made = *before;
    for (const auto& [member, value] : told) made[member] = value;
    made["LastModifiedTime"] = iso_text(request->where().functions.clock().now());
    return made;
  });
  request->answer(200, shown_after(which, kept));
}

void delete_function_url_config(const call_ptr& request) {
  const auto& where = request->where();
  const auto which = find_owner(*request);
  const auto lock = where.locks.take(which.name);
  const std::string setting{setting_name};
  if (!look(where, which, no_url()).setting(setting, key_of(which))) throw refusal{no_url()};
  const auto changed = change_attributes(where, {.name = which.name, .about = which.unqualified()},
                                         [&](const fsm::function_view&, attributes& into) {
                                           auto& urls = into.settings[setting];
                                           if (urls.erase(key_of(which)) == 0) {
                                             throw refusal{no_url()};
                                           }
                                           if (urls.empty()) into.settings.erase(setting);
                                         });
  request->set_sequence(changed.sequence);
  request->answer(204);
}

void list_function_url_configs(const call_ptr& request) {
  auto which = find_owner(*request);
  problems wrong;
  const auto page = read_page(*request, wrong, items_max);
  refuse_if(wrong.verdict());
  const auto what = look(request->where(), which, no_function());
  json::array urls;
  const auto all = what.settings.find(std::string{setting_name});
  std::uint64_t next = 0;
  if (all != what.settings.end()) {
    for (const auto& [key, each] : all->second) {
      if (next++ < page.cursor) continue;
      if (urls.size() == page.limit) {
        return request->answer(
            200, {{"FunctionUrlConfigs", std::move(urls)}, {"NextMarker", to_marker(next - 1)}});
      }
      which.qualifier = key == "$LATEST" ? "" : key;
      urls.push_back(shown(which, each));
    }
  }
  request->answer(200, {{"FunctionUrlConfigs", std::move(urls)}});
}

}  // namespace platform::wire
