#include "wire/account_book.hpp"
#include "wire/arns.hpp"
#include "wire/configuration.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include "wire/resolve.hpp"
#include "wire/settings.hpp"
#include "wire/steps.hpp"
#include <fsm/name.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t list_items_max = 50;
constexpr std::string_view stream_head = "kafka://";
constexpr std::size_t topic_length_max = 249;
constexpr std::string_view destination_pattern =
    R"($|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*))";

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= topic_length_max && text.front() != '.' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool is_destination(std::string_view text) {
  if (text.starts_with(stream_head)) return is_topic(text.substr(stream_head.size()));
  return text.empty() || is_arn(text);
}

// What a request says; what it does not name is missing.
struct wanted_config {
  json::object limits;
  std::optional<json::object> destinations;
};

// {"OnSuccess": {"Destination": "arn"}, "OnFailure": {}}: only what is named.
json::object read_destinations(const members& given) {
  json::object result;
  for (const auto* name : {"OnSuccess", "OnFailure"}) {
    const auto side = given.object(name);
    if (!side) continue;
    auto& into = result[name].emplace_object();
    const auto where =
        side->text("Destination",
                   {.length_max = 350, .matches = is_destination, .pattern = destination_pattern});
    if (where && !where->empty()) into["Destination"] = *where;
  }
  return result;
}

wanted_config read_config(const call& request) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  wanted_config result;
  if (const auto retries = given.integer(event_members::retries, 0, 2)) {
    result.limits[event_members::retries] = *retries;
  }
  if (const auto age = given.integer(event_members::age, 60, 21'600)) {
    result.limits[event_members::age] = *age;
  }
  if (const auto where = given.object("DestinationConfig")) {
    result.destinations = read_destinations(*where);
  }
  if (result.limits.empty() && !result.destinations) {
    found.refuse(fault::invalid_parameter_value,
                 "You must specify at least one of error handling or destination setting.");
  }
  refuse_if(found.verdict());
  return result;
}

[[noreturn]] void refuse_parameter(std::string message) {
  throw refusal{{fault::invalid_parameter_value, std::move(message), {}}};
}

failure no_function() { return {fault::resource_not_found, "The function doesn't exist.", {}}; }

failure no_config(const function_target& which) {
  const auto qualifier = which.latest() ? "$LATEST" : which.qualifier;
  return {fault::resource_not_found,
          "The function " + which.arn + ":" + qualifier + " doesn't have an EventInvokeConfig",
          {}};
}

std::string key_of(const function_target& which) {
  return which.latest() ? "$LATEST" : which.qualifier;
}

// The function with its version or alias; `missing` tells what is answered when it is not there.
whole_function find_function(const site& where, const function_target& which,
                             const failure& missing) {
  try {
    return look_up_qualified(where, which);
  } catch (const refusal& wrong) {
    if (wrong.why().what == fault::resource_not_found) throw refusal{missing};
    throw;
  }
}

// A function that is a destination has to be there, and another one.
void check_function_destination(const site& where, const function_target& of,
                                const std::string& arn) {
  const auto ref = fsm::parse_function_ref(arn, fsm::name_rule::create);
  const bool here = ref && ref->region == where.region && ref->account == where.account;
  if (here && ref->name == of.name) {
    refuse_parameter("You can't specify the function as a destination for itself.");
  }
  if (here && where.functions.get(ref->name)) return;
  refuse_parameter("The destination ARN " + arn + " is invalid.");
}

std::string destination_of(const json::object& destinations, std::string_view side) {
  const auto* named = nested(destinations, side);
  return named ? text_or(*named, "Destination", "") : "";
}

// "OnSuccess(destination=arn)"
std::string side_text(const json::object& destinations, std::string_view side) {
  if (!destinations.contains(side)) return "null";
  const auto arn = destination_of(destinations, side);
  return std::string{side} + "(destination=" + (arn.empty() ? "null" : arn) + ")";
}

bool can_receive(std::string_view side, const std::string& arn) {
  constexpr std::array services{"lambda"sv, "sqs"sv, "sns"sv, "events"sv};
  const auto service = service_of(arn);
  const bool bucket = service == "s3" && side == "OnFailure";
  return bucket || std::find(services.begin(), services.end(), service) != services.end();
}

void check_destinations(const site& where, const function_target& of,
                        const json::object& destinations) {
  for (const auto side : {"OnSuccess"sv, "OnFailure"sv}) {
    const auto arn = destination_of(destinations, side);
    if (arn.empty()) continue;
    if (!can_receive(side, arn)) {
      refuse_parameter("The provided destination config DestinationConfig(onSuccess=" +
                       side_text(destinations, "OnSuccess") +
                       ", onFailure=" + side_text(destinations, "OnFailure") + ") is invalid.");
    }
    if (service_of(arn) == "lambda") check_function_destination(where, of, arn);
  }
}

json::object shown(const function_target& of, const std::string& qualifier,
                   const json::object& kept) {
  auto result = kept;
  result["FunctionArn"] = of.arn + ":" + qualifier;
  result["LastModified"] =
      static_cast<double>(kept.at("LastModified").to_number<std::int64_t>()) / 1000;
  json::object destinations{{"OnSuccess", json::object{}}, {"OnFailure", json::object{}}};
  if (const auto* named = nested(kept, "DestinationConfig")) {
    for (const auto& [side, where] : *named) destinations[side] = where;
  }
  result["DestinationConfig"] = std::move(destinations);
  return result;
}

// Takes what is wanted into what there is.
void change_config(const site& where, const wanted_config& wanted, json::object& into) {
  for (const auto& [name, value] : wanted.limits) into[name] = value;
  if (wanted.destinations) into["DestinationConfig"] = *wanted.destinations;
  into["LastModified"] = where.functions.clock().now().time_since_epoch().count();
}

// Changes a function's configs, and tells the book.
void change_configs(const call_ptr& request, const function_target& target,
                    const std::function<void(attributes& into)>& edit) {
  const auto& where = request->where();
  attributes after;
  const auto changed =
      change_attributes(where, {.name = target.name, .about = target.unqualified()},
                        [&](const fsm::function_view&, attributes& into) {
                          edit(into);
                          after = into;
                        });
  where.book.set_events(after);
  request->set_sequence(changed.sequence);
}

// `keeps` says whether what the request does not name stays as it is.
void set_config(const call_ptr& request, bool keeps) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto wanted = read_config(*request);
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  const auto found = find_function(where, target, no_function());
  const auto key = key_of(target);
  const auto* present = found.what.setting(event_members::setting, key);
  if (keeps && !present) throw refusal{no_config(target)};
  if (wanted.destinations) check_destinations(where, target, *wanted.destinations);
  auto made = keeps ? *present : json::object{};
  change_config(where, wanted, made);
  change_configs(request, target,
                 [&](attributes& into) { into.settings[event_members::setting][key] = made; });
  request->answer(200, shown(target, key, made));
}

}  // namespace

void put_function_event_invoke_config(const call_ptr& request) { set_config(request, false); }

void update_function_event_invoke_config(const call_ptr& request) { set_config(request, true); }

void get_function_event_invoke_config(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto found = find_function(request->where(), target, no_config(target));
  const auto key = key_of(target);
  const auto* config = found.what.setting(event_members::setting, key);
  if (!config) throw refusal{no_config(target)};
  request->answer(200, shown(target, key, *config));
}

void delete_function_event_invoke_config(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  const auto found = find_function(where, target, no_config(target));
  const auto key = key_of(target);
  if (!found.what.setting(event_members::setting, key)) throw refusal{no_config(target)};
  change_configs(request, target,
                 [&](attributes& into) { into.forget_setting(event_members::setting, key); });
  request->answer(204);
}

void list_function_event_invoke_configs(const call_ptr& request) {
  problems wrong;
  const auto page = read_page(*request, wrong, list_items_max);
  refuse_if(wrong.verdict());
  auto target = need(find_target(*request, fsm::name_rule::lookup));
  target.qualifier.clear();
  const auto found = find_function(request->where(), target, no_function());
  const auto of_name = found.what.settings.find(event_members::setting);
  const std::map<std::string, json::object> none;
  request->answer(200, to_page(of_name == found.what.settings.end() ? none : of_name->second, page,
                               "FunctionEventInvokeConfigs",
                               [&](const std::string& qualifier, const json::object& kept) {
                                 return shown(target, qualifier, kept);
                               }));
}

}  // namespace platform::wire
