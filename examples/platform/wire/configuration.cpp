#include "wire/configuration.hpp"

#include "wire/attributes.hpp"
#include "wire/digest.hpp"
#include "wire/settings.hpp"
#include <fsm/name.hpp>
#include <fsm/reason.hpp>
#include <fsm/state.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

// The document's member, or the default.
json::value value_or(const json::object& document, std::string_view member,
                     const json::value& otherwise) {
  const auto* value = document.if_contains(member);
  return value ? *value : otherwise;
}

void copy_if_set(const json::object& document, std::string_view member, json::object& into) {
  if (const auto* value = document.if_contains(member)) into[member] = *value;
}

void copy_text_if_set(const json::object& document, std::string_view member, json::object& into) {
  if (const auto text = text_or(document, member, ""); !text.empty()) into[member] = text;
}

void add_reason(fsm::reason_code code, const std::string& text, std::string_view member,
                json::object& into) {
  if (code == fsm::reason_code::none) return;
  into[member] = text.empty() ? json::string{fsm::default_text(code)} : json::string{text};
  into[std::string{member} + "Code"] = fsm::wire_name(code);
}

void add_state(const fsm::function_view& view, json::object& into) {
  if (const auto name = fsm::wire_name(view.state); !name.empty()) into["State"] = name;
  add_reason(view.state_reason_code, view.state_reason, "StateReason", into);
  if (const auto name = fsm::wire_name(view.update_status); !name.empty()) {
    into["LastUpdateStatus"] = name;
  }
  add_reason(view.update_reason_code, view.update_reason, "LastUpdateStatusReason", into);
}

std::string version_of(const fsm::function_view& view) {
  const auto parts = fsm::split_versioned_name(view.name);
  return !parts || parts->version == 0 ? "$LATEST" : std::to_string(parts->version);
}

// A version starts from a snapshot once that has been made.
json::object snap_start(const fsm::function_view& view, const json::object& document) {
  const auto apply_on = text_or(nested(document, "SnapStart"), "ApplyOn", "None");
  const bool optimized = apply_on == "PublishedVersions" && version_of(view) != "$LATEST" &&
                         view.state == fsm::state::active;
  return {{"ApplyOn", apply_on}, {"OptimizationStatus", optimized ? "On" : "Off"}};
}

// Members that every function has.
void add_settings(const function_target& which, const fsm::function_view& view,
                  const json::object& document, json::object& into) {
  into["CodeSize"] = value_or(document, "CodeSize", 0);
  into["CodeSha256"] = text_or(document, "CodeSha256", "");
  into["Description"] = text_or(document, "Description", "");
  into["Timeout"] = value_or(document, "Timeout", 3);
  into["MemorySize"] = value_or(document, "MemorySize", 128);
  into["Architectures"] = value_or(document, "Architectures", json::array{"x86_64"});
  into["EphemeralStorage"] = value_or(document, "EphemeralStorage", json::object{{"Size", 512}});
  into["TracingConfig"] =
      json::object{{"Mode", text_or(nested(document, "TracingConfig"), "Mode", "PassThrough")}};
  into["SnapStart"] = snap_start(view, document);
  auto logging = nested(document, "LoggingConfig");
  logging["LogFormat"] = text_or(logging, "LogFormat", "Text");
  logging["LogGroup"] = text_or(logging, "LogGroup", "/aws/lambda/" + which.name);
  into["LoggingConfig"] = std::move(logging);
}

// Members that a function has only when it was given them.
void add_options(const json::object& document, json::object& into) {
  copy_if_set(document, "Environment", into);
  copy_if_set(document, "VpcConfig", into);
  copy_text_if_set(document, "KMSKeyArn", into);
  if (const auto letters = nested(document, "DeadLetterConfig");
      !text_or(letters, "TargetArn", "").empty()) {
    into["DeadLetterConfig"] = letters;
  }
  if (const auto image = nested(document, "ImageConfig"); !image.empty()) {
    into["ImageConfigResponse"] = json::object{{"ImageConfig", image}};
  }
  const auto* layers = document.if_contains("Layers");
  if (!layers || layers->get_array().empty()) return;
  json::array shown;
  for (const auto& each : layers->get_array()) {
    shown.push_back(json::object{{"Arn", each}, {"CodeSize", 0}});
  }
  into["Layers"] = std::move(shown);
}

void add_runtime(const site& where, const json::object& document, detail how_much,
                 json::object& into) {
  copy_text_if_set(document, "Runtime", into);
  copy_text_if_set(document, "Handler", into);
  if (how_much == detail::in_lists) return;
  const auto version = hex_encode(sha256(text_or(document, "Runtime", "")));
  into["RuntimeVersionConfig"] = json::object{
      {"RuntimeVersionArn", "arn:aws:lambda:" + where.region + "::runtime:" + version}};
}

}  // namespace

json::object configuration(const site& where, const function_target& which,
                           const fsm::function_view& view, const json::object& document,
                           detail how_much) {
  const auto package_type = text_or(document, "PackageType", "Zip");
  json::object result{{"FunctionName", which.name},
                      {"FunctionArn", which.shown_arn()},
                      {"Role", text_or(document, "Role", "")},
                      {"Version", version_of(view)},
                      {"PackageType", package_type},
                      {"LastModified", text_or(document, "LastModified", "")},
                      {"RevisionId", view.revision_id()}};
  if (package_type == "Zip") add_runtime(where, document, how_much, result);
  add_settings(which, view, document, result);
  add_options(document, result);
  if (how_much == detail::all) add_state(view, result);
  return result;
}

json::object function_with_code(const site& where, const function_target& which,
                                const fsm::function_view& view, const json::object& document,
                                const std::string& location) {
  json::object code;
  if (const auto image = text_or(document, "ImageUri", ""); !image.empty()) {
    const auto repository = image.substr(0, image.find('@'));
    code = {{"RepositoryType", "ECR"},
            {"ImageUri", image},
            {"ResolvedImageUri", repository.substr(0, repository.rfind(':')) +
                                     "@sha256:" + text_or(document, "CodeSha256", "")}};
  } else {
    code = {{"RepositoryType", "S3"}};
    if (!location.empty()) code["Location"] = location;
  }
  copy_text_if_set(document, "SourceKMSKeyArn", code);
  json::object result{{"Configuration", configuration(where, which, view, document)},
                      {"Code", std::move(code)}};
  const auto also = parse_attributes(which.name, view.metadata);
  if (!also.tags.empty()) result["Tags"] = also.tags;
  if (also.reserved_concurrency) {
    result["Concurrency"] =
        json::object{{"ReservedConcurrentExecutions", *also.reserved_concurrency}};
  }
  return result;
}

json::object nested(const json::object& document, std::string_view member) {
  const auto* value = document.if_contains(member);
  return value && value->is_object() ? value->get_object() : json::object{};
}

json::object parse_document(const std::string& text) {
  boost::system::error_code problem;
  auto value = json::parse(text, problem);
  return !problem && value.is_object() ? std::move(value.get_object()) : json::object{};
}

}  // namespace platform::wire
