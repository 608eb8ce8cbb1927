#include "wire/digest.hpp"
#include "wire/limits.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include "wire/resolve.hpp"
#include "wire/steps.hpp"
#include <fsm/name.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::string_view version_pattern = R"((\$LATEST(\.PUBLISHED)?|[0-9]+))";
constexpr std::string_view name_pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";
constexpr std::string_view weights_path = "routingConfig.additionalVersionWeights";

bool is_version(std::string_view text) {
  return text == "$LATEST" || text == "$LATEST.PUBLISHED" || is_version_number(text);
}

constexpr text_rule name_rule{
    .length_min = 1, .length_max = 128, .matches = is_alias_name, .pattern = name_pattern};
constexpr text_rule version_rule{
    .length_min = 1, .length_max = 1024, .matches = is_version, .pattern = version_pattern};

std::string alias_arn(const function_target& of, const std::string& name) {
  return of.arn + ":" + name;
}

json::object to_json(const function_target& of, const std::string& name, const alias& what) {
  json::object result{{"AliasArn", alias_arn(of, name)},
                      {"Name", name},
                      {"FunctionVersion", what.version},
                      {"Description", what.description},
                      {"RevisionId", what.revision}};
  if (what.weights.empty()) return result;
  json::object weights;
  for (const auto& [version, weight] : what.weights) weights[version] = weight;
  result["RoutingConfig"] = json::object{{"AdditionalVersionWeights", std::move(weights)}};
  return result;
}

// As the service prints a number: with a decimal point.
std::string decimal(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  std::string result{text.data(), end};
  return result.find_first_of(".e") == std::string::npos ? result + ".0" : result;
}

// "{2=0.5}"
std::string map_text(const std::map<std::string, double>& weights) {
  std::string result = "{";
  for (const auto& [version, weight] : weights) {
    result += (result.size() == 1 ? "" : ", ") + version + "=" + decimal(weight);
  }
  return result + "}";
}

void check_weights(const std::map<std::string, double>& weights, problems& found) {
  const auto is_number = [](const auto& each) { return is_version_number(each.first); };
  if (!std::all_of(weights.begin(), weights.end(), is_number)) {
    found.map_violation(map_text(weights), weights_path,
                        "Map keys must satisfy constraint: [Member must have length less than or "
                        "equal to 1024, Member must have length greater than or equal to 1, Member "
                        "must satisfy regular expression pattern: [0-9]+]");
  }
  const auto is_share = [](const auto& each) { return each.second >= 0 && each.second <= 1; };
  if (!std::all_of(weights.begin(), weights.end(), is_share)) {
    found.map_violation(map_text(weights), weights_path,
                        "Map value must satisfy constraint: [Member must have value less than or "
                        "equal to 1.0, Member must have value greater than or equal to 0.0, Member "
                        "must not be null]");
  }
}

// The weights of a request; nothing if it does not speak of them.
std::optional<std::map<std::string, double>> read_weights(const members& given) {
  const auto routing = given.object("RoutingConfig");
  if (!routing) return std::nullopt;
  std::map<std::string, double> result;
  const auto* weights = routing->find("AdditionalVersionWeights");
  if (!weights) return result;
  auto& found = given.found();
  if (!weights->is_object()) {
    found.wrong_type(*weights, weights_path, "a Map");
    return result;
  }
  for (const auto& [version, weight] : weights->get_object()) {
    json::error_code not_a_number;
    const auto number = weight.to_number<double>(not_a_number);
    if (not_a_number) {
      found.wrong_type(weight, weights_path, "a Double");
      return result;
    }
    result.emplace(version, number);
  }
  check_weights(result, found);
  return result;
}

// What a request says of an alias.
struct alias_request {
  std::optional<std::string> name;
  std::optional<std::string> version;
  std::optional<std::string> description;
  std::optional<std::map<std::string, double>> weights;
  std::optional<std::string> revision;
};

alias_request read_alias_request(const call& request, bool creates) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  alias_request result;
  if (creates) {
    for (const auto* name : {"Name", "FunctionVersion"}) given.require(name);
    result.name = given.text("Name", name_rule);
  } else {
    result.name = request.item_text();
    result.revision = given.text("RevisionId");
    check_text(*result.name, "name", name_rule, found);
  }
  result.version = given.text("FunctionVersion", version_rule);
  result.description = given.text("Description", {.length_max = 256});
  result.weights = read_weights(given);
  refuse_if(found.verdict());
  return result;
}

// Of a request whose path names an alias.
std::string read_name(const call& request) {
  problems found;
  check_text(request.item_text(), "name", name_rule, found);
  refuse_if(found.verdict());
  return request.item_text();
}

// The function whose alias it is: named without a version.
function_target find_owner(const call& request) {
  auto target = need(find_target(request, fsm::name_rule::create));
  if (!target.latest()) throw refusal{only_functions()};
  target.qualifier.clear();
  return target;
}

[[noreturn]] void refuse_parameter(std::string message, bool untyped = false) {
  throw refusal{{.what = fault::invalid_parameter_value,
                 .message = std::move(message),
                 .reason = {},
                 .no_message = false,
                 .untyped = untyped}};
}

// Whether an alias may point at the version now.
void check_version(const site& where, const function_target& of, const std::string& version) {
  auto which = of;
  which.qualifier = version;
  if (version == "$LATEST") return;
  const auto found = resolve_version(of.name, version);
  if (!found) throw refusal{no_such_version(which)};
  require_acceptance(where, found->entity, fsm::event::alias_target,
                     {of.name, which.shown_arn(), which.shown_arn()});
}

void check_routing(const site& where, const function_target& of, const alias& what) {
  if (what.weights.size() > 1) {
    refuse_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  if (what.weights.contains(what.version)) {
    refuse_parameter("Invalid function version " + what.version + ". Function version " +
                     what.version + " is already included in routing configuration.");
  }
  if (!what.weights.empty() && what.version == "$LATEST") {
    refuse_parameter("$LATEST is not supported for an alias pointing to more than 1 version", true);
  }
  check_version(where, of, what.version);
  for (const auto& [version, weight] : what.weights) check_version(where, of, version);
}

failure no_such_alias(std::string_view head, const function_target& of, const std::string& name) {
  return {fault::resource_not_found, std::string{head} + alias_arn(of, name), {}};
}

}  // namespace

void create_alias(const call_ptr& request) {
  const auto& where = request->where();
  const auto target = find_owner(*request);
  const auto wanted = read_alias_request(*request, true);
  auto named = target;
  if (*wanted.version != "$LATEST") named.qualifier = *wanted.version;
  const auto lock = where.locks.take(target.name);
  alias made{.version = *wanted.version,
             .description = wanted.description.value_or(""),
             .weights = wanted.weights.value_or(std::map<std::string, double>{}),
             .revision = random_uuid()};
  const auto changed = change_attributes(
      where, {.name = target.name, .about = {target.name, target.arn, named.shown_arn()}},
      [&](const fsm::function_view&, attributes& into) {
        if (into.aliases.contains(*wanted.name)) {
          throw refusal{{fault::resource_conflict,
                         "Alias already exists: " + alias_arn(target, *wanted.name),
                         {}}};
        }
        check_routing(where, target, made);
        into.aliases.emplace(*wanted.name, made);
      });
  request->set_sequence(changed.sequence);
  request->answer(201, to_json(target, *wanted.name, made));
}

void get_alias(const call_ptr& request) {
  const auto target = find_owner(*request);
  const auto name = read_name(*request);
  const auto found = request->where().functions.get(target.name);
  const auto missing = no_such_alias("Cannot find alias arn: ", target, name);
  if (!found && found.error().code == fsm::errc::not_found) throw refusal{missing};
  if (!found) throw refusal{explain_read(found.error(), target.unqualified())};
  const auto of_function = parse_attributes(target.name, found->metadata);
  const auto which = of_function.aliases.find(name);
  if (which == of_function.aliases.end()) throw refusal{missing};
  request->answer(200, to_json(target, name, which->second));
}

void update_alias(const call_ptr& request) {
  const auto& where = request->where();
  const auto target = find_owner(*request);
  const auto wanted = read_alias_request(*request, false);
  const auto lock = where.locks.take(target.name);
  alias made;
  const auto changed = change_limits(
      where, {.name = target.name, .about = target.unqualified()}, [&](attributes& into) {
        const auto which = into.aliases.find(*wanted.name);
        if (which == into.aliases.end()) {
          throw refusal{no_such_alias("Alias not found: ", target, *wanted.name)};
        }
        require_revision(wanted.revision, which->second.revision);
        made = which->second;
        if (wanted.version) made.version = *wanted.version;
        if (wanted.description) made.description = *wanted.description;
        if (wanted.weights) made.weights = *wanted.weights;
        check_routing(where, target, made);
        made.revision = random_uuid();
        which->second = made;
        if (!into.provisioned.contains(*wanted.name)) return;
        require_published(into, *wanted.name);
        require_no_conflict(into, *wanted.name);
      });
  request->set_sequence(changed.sequence);
  request->answer(200, to_json(target, *wanted.name, made));
}

void delete_alias(const call_ptr& request) {
  const auto& where = request->where();
  const auto target = find_owner(*request);
  const auto name = read_name(*request);
  const auto lock = where.locks.take(target.name);
  if (!look_up(where, target.name, target.unqualified()).what.aliases.contains(name)) {
    return request->answer(204);
  }
  const auto changed = change_limits(where, {.name = target.name, .about = target.unqualified()},
                                     [&](attributes& into) {
                                       into.aliases.erase(name);
                                       into.forget(name);
                                     });
  request->set_sequence(changed.sequence);
  request->answer(204);
}

void list_aliases(const call_ptr& request) {
  const auto target = find_owner(*request);
  problems wrong;
  const auto page = read_page(*request, wrong);
  const auto* version = request->target().parameter("FunctionVersion");
  if (version) check_text(*version, "functionVersion", version_rule, wrong);
  refuse_if(wrong.verdict());
  const auto found = look_up(request->where(), target.name, target.unqualified());
  json::array aliases;
  std::uint64_t next = 0;
  for (const auto& [name, each] : found.what.aliases) {
    const bool wanted = !version || each.version == *version || each.weights.contains(*version);
    if (!wanted || next++ < page.cursor) continue;
    if (aliases.size() == page.limit) {
      return request->answer(
          200, {{"Aliases", std::move(aliases)}, {"NextMarker", to_marker(next - 1)}});
    }
    aliases.push_back(to_json(target, name, each));
  }
  request->answer(200, {{"Aliases", std::move(aliases)}});
}

}  // namespace platform::wire
