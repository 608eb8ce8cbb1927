#include "wire/attributes.hpp"

#include "wire/configuration.hpp"
#include "wire/settings.hpp"
#include <fsm/quoted.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

const json::object& object_in(const json::object& parent, std::string_view member) {
  static const json::object none;
  const auto* value = parent.if_contains(member);
  return value && value->is_object() ? value->get_object() : none;
}

std::optional<std::int64_t> number_in(const json::object& parent, std::string_view member) {
  const auto* value = parent.if_contains(member);
  return value && value->is_int64() ? std::optional{value->get_int64()} : std::nullopt;
}

/// Whether all numbers in it are whole: those with a fraction, and those beyond 64 bits, are not
/// always written as they were read.
bool is_exact(const json::value& what) {
  if (const auto* object = what.if_object()) {
    return std::all_of(object->begin(), object->end(),
                       [](const auto& each) { return is_exact(each.value()); });
  }
  if (const auto* array = what.if_array())
    return std::all_of(array->begin(), array->end(), is_exact);
  return !what.is_double();
}

bool has_only_texts(const json::object& what) {
  return std::all_of(what.begin(), what.end(),
                     [](const auto& each) { return each.value().is_string(); });
}

[[noreturn]] void refuse(const attributes& what, const char* why) {
  throw std::invalid_argument{
      fmt::format("what is kept of {} has {}", fsm::quoted(what.function), why)};
}

alias read_alias(const json::object& from) {
  alias result{.version = text_or(from, "FunctionVersion", "$LATEST"),
               .description = text_or(from, "Description", ""),
               .weights = {},
               .revision = text_or(from, "RevisionId", "")};
  for (const auto& [version, weight] : object_in(from, "Weights")) {
    result.weights.emplace(version, weight.to_number<double>());
  }
  return result;
}

json::object to_json(const alias& what) {
  json::object weights;
  for (const auto& [version, weight] : what.weights) weights[version] = weight;
  return {{"FunctionVersion", what.version},
          {"Description", what.description},
          {"Weights", std::move(weights)},
          {"RevisionId", what.revision}};
}

fsm::timestamp time_in(const json::object& parent, std::string_view member) {
  return fsm::timestamp{fsm::duration{number_in(parent, member).value_or(0)}};
}

provisioned_concurrency read_provisioned(const json::object& from) {
  return {.wanted = number_in(from, "Wanted").value_or(0),
          .before = number_in(from, "Before").value_or(0),
          .asked_at = time_in(from, "AskedAt"),
          .ready_at = time_in(from, "ReadyAt")};
}

json::object to_json(const provisioned_concurrency& what) {
  return {{"Wanted", what.wanted},
          {"Before", what.before},
          {"AskedAt", what.asked_at.time_since_epoch().count()},
          {"ReadyAt", what.ready_at.time_since_epoch().count()}};
}

}  // namespace

const json::object* attributes::setting(const std::string& name,
                                        const std::string& qualifier) const {
  const auto of_name = settings.find(name);
  if (of_name == settings.end()) return nullptr;
  const auto found = of_name->second.find(qualifier);
  return found == of_name->second.end() ? nullptr : &found->second;
}

void attributes::forget_setting(const std::string& name, const std::string& qualifier) {
  const auto of_name = settings.find(name);
  if (of_name == settings.end()) return;
  of_name->second.erase(qualifier);
  if (of_name->second.empty()) settings.erase(of_name);
}

bool attributes::has_any(const std::string& qualifier) const {
  return provisioned.contains(qualifier) ||
         std::any_of(settings.begin(), settings.end(),
                     [&](const auto& each) { return each.second.contains(qualifier); });
}

void attributes::forget(const std::string& qualifier) {
  provisioned.erase(qualifier);
  for (auto& [name, of_name] : settings) of_name.erase(qualifier);
  std::erase_if(settings, [](const auto& each) { return each.second.empty(); });
}

attributes parse_attributes(std::string_view function, const std::string& metadata) {
  attributes result;
  result.function = function;
  if (metadata.empty()) return result;
  const auto from = parse_document(metadata);
  result.function = text_or(from, "Function", function);
  result.last_version = static_cast<std::uint32_t>(number_in(from, "LastVersion").value_or(0));
  result.tags = object_in(from, "Tags");
  if (!has_only_texts(result.tags)) refuse(result, "a tag that is not a text");
  for (const auto& [name, each] : object_in(from, "Aliases")) {
    if (each.is_object()) result.aliases.emplace(name, read_alias(each.get_object()));
  }
  result.reserved_concurrency = number_in(from, "ReservedConcurrency");
  for (const auto& [qualifier, each] : object_in(from, "ProvisionedConcurrency")) {
    if (each.is_object())
      result.provisioned.emplace(qualifier, read_provisioned(each.get_object()));
  }
  for (const auto& [name, of_name] : object_in(from, "Settings")) {
    if (!of_name.is_object()) continue;
    for (const auto& [qualifier, each] : of_name.get_object()) {
      if (!each.is_object()) continue;
      if (!is_exact(each)) refuse(result, "a setting with a number that is not whole");
      result.settings[name].emplace(qualifier, each.get_object());
    }
  }
  return result;
}

std::string to_metadata(const attributes& what) {
  json::object result{{"Function", what.function},
                      {"LastVersion", std::int64_t{what.last_version}}};
  if (!what.tags.empty()) result["Tags"] = what.tags;
  if (!what.aliases.empty()) {
    auto& aliases = result["Aliases"].emplace_object();
    for (const auto& [name, each] : what.aliases) aliases[name] = to_json(each);
  }
  if (what.reserved_concurrency) result["ReservedConcurrency"] = *what.reserved_concurrency;
  if (!what.provisioned.empty()) {
    auto& provisioned = result["ProvisionedConcurrency"].emplace_object();
    for (const auto& [qualifier, each] : what.provisioned) provisioned[qualifier] = to_json(each);
  }
  if (!what.settings.empty()) {
    auto& settings = result["Settings"].emplace_object();
    for (const auto& [name, of_name] : what.settings) {
      auto& into = settings[name].emplace_object();
      for (const auto& [qualifier, each] : of_name) into[qualifier] = each;
    }
  }
  return json::serialize(result);
}

}  // namespace platform::wire
