#include "wire/tags.hpp"

#include "wire/operations.hpp"
#include "wire/steps.hpp"
#include <fsm/name.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t tags_max = 50;
constexpr std::size_t key_length_max = 128;
constexpr std::size_t value_length_max = 256;
constexpr std::string_view resource_pattern =
    R"(arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+))";

// The part of an ARN that says what it is of, and the parts after it: "function:f".
std::string_view resource_of(std::string_view arn) {
  for (int part = 0; part < 5 && !arn.empty(); ++part) {
    const auto colon = arn.find(':');
    arn.remove_prefix(colon == std::string_view::npos ? arn.size() : colon + 1);
  }
  return arn;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
      return false;
  }
  return true;
}

// Things of an account that are no functions, and how one is called that is not there; here none
// ever is.
struct other_kind {
  std::string_view prefix;
  bool (*is_id)(std::string_view);
  std::string_view missing;
};

constexpr std::array other_kinds{
    other_kind{"capacity-provider:", is_word, "Capacity provider not found: "},
    other_kind{"event-source-mapping:", is_uuid, "Event source mapping not found: "},
    other_kind{"layer:", is_word, "Layer not found: "}};

const other_kind* find_other_kind(std::string_view arn) {
  const auto resource = resource_of(arn);
  for (const auto& each : other_kinds) {
    if (resource.starts_with(each.prefix) && each.is_id(resource.substr(each.prefix.size()))) {
      return &each;
    }
  }
  return nullptr;
}

// What has tags goes by its ARN.
bool is_taggable(std::string_view text) {
  if (!text.starts_with("arn:")) return false;
  if (find_other_kind(text)) return true;
  return resource_of(text).starts_with("function:") &&
         fsm::parse_function_ref(text, fsm::name_rule::create).has_value();
}

function_target find_resource(const call& request) {
  const auto& text = request.function_text();
  problems found;
  check_text(
      text, "resource",
      {.length_min = 1, .length_max = 10'000, .matches = is_taggable, .pattern = resource_pattern},
      found);
  refuse_if(found.verdict());
  if (const auto* other = find_other_kind(text)) {
    throw refusal{{fault::resource_not_found, std::string{other->missing} + text, {}}};
  }
  auto target = need(find_target(request, fsm::name_rule::create));
  if (target.qualifier.empty()) return target;
  throw refusal{
      {fault::invalid_parameter_value,
       "Tags on function aliases and versions are not supported. Please specify a function ARN.",
       {}}};
}

void refuse_tag_count(problems& found) {
  found.refuse(fault::invalid_parameter_value, "Number of tags exceeds resource tag limit.");
}

// Changes the tags, which renews the RevisionId.
void change_tags(const call_ptr& request, const function_target& target,
                 const std::function<void(json::object& tags)>& edit) {
  const auto lock = request->where().locks.take(target.name);
  const auto changed = change_attributes(
      request->where(),
      {.name = target.name, .event = fsm::event::tag, .about = target.unqualified()},
      [&](const fsm::function_view&, attributes& into) { edit(into.tags); });
  request->set_sequence(changed.sequence);
  request->answer(204);
}

}  // namespace

std::optional<json::object> read_tags(const members& given) {
  const auto tags = given.map("Tags");
  if (!tags) return std::nullopt;
  json::object result;
  auto& found = given.found();
  if (tags->size() > tags_max) {
    refuse_tag_count(found);
    return result;
  }
  const auto path = given.path("Tags");
  for (const auto& [key, value] : *tags) {
    check_text(key, path + "." + key + ".key", {.length_min = 1, .length_max = key_length_max},
               found);
    check_text(value, path + "." + key + ".member", {.length_max = value_length_max}, found);
    result[key] = value;
  }
  return result;
}

void check_tag_count(const json::object& tags, problems& found) {
  if (tags.size() > tags_max) refuse_tag_count(found);
}

void tag_resource(const call_ptr& request) {
  const auto target = find_resource(*request);
  const auto body = need(parse_body(request->body()));
  problems found;
  const members given{body, "", found};
  given.require("Tags");
  const auto tags = read_tags(given);
  if (tags && tags->empty()) {
    found.refuse(fault::invalid_parameter_value,
                 "An error occurred and the request cannot be processed.");
  }
  refuse_if(found.verdict());
  change_tags(request, target, [&](json::object& into) {
    for (const auto& [key, value] : *tags) into[key] = value;
    problems too_many;
    check_tag_count(into, too_many);
    refuse_if(too_many.verdict());
  });
}

void list_tags(const call_ptr& request) {
  const auto target = find_resource(*request);
  const auto found = look_up(request->where(), target.name, target.unqualified());
  request->answer(200, {{"Tags", found.what.tags}});
}

void untag_resource(const call_ptr& request) {
  const auto target = find_resource(*request);
  std::vector<std::string> keys;
  for (const auto& [name, value] : request->target().query) {
    if (name == "tagKeys") keys.push_back(value);
  }
  problems found;
  if (keys.empty()) found.missing("tagKeys");
  refuse_if(found.verdict());
  change_tags(request, target, [&](json::object& into) {
    for (const auto& key : keys) into.erase(key);
  });
}

}  // namespace platform::wire
