#include "wire/configuration.hpp"

#include "wire/attributes.hpp"
#include "wire/digest.hpp"
#include "wire/settings.hpp"
#include <fsm/reason.hpp>
#include <fsm/state.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

// More members than most configurations have.
constexpr std::size_t members_usual = 32;

// The document's member, or the default.
template <class Default>
void copy_or(const json::object& document, std::string_view member, Default otherwise,
             json::object& into) {
  const auto* value = document.if_contains(member);
  into[member] = value ? json::value(*value, into.storage()) : otherwise();
}

void copy_if_set(const json::object& document, std::string_view member, json::object& into) {
  if (const auto* value = document.if_contains(member)) into[member] = *value;
}

// The member's text, or the default; a view into the document.
std::string_view view_or(const json::object* document, std::string_view member,
                         std::string_view otherwise) {
  const auto* value = document ? document->if_contains(member) : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view{text->data(), text->size()} : otherwise;
}

void copy_text_if_set(const json::object& document, std::string_view member, json::object& into) {
  if (const auto text = view_or(&document, member, ""); !text.empty()) into[member] = text;
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

bool is_version(const fsm::function_view& view) { return view.name.find(':') != std::string::npos; }

std::string version_of(const fsm::function_view& view) {
  return is_version(view) ? view.name.substr(view.name.find(':') + 1) : "$LATEST";
}

// A version starts from a snapshot once that has been made.
void add_snap_start(const fsm::function_view& view, const json::object& document,
                    json::object& into) {
  const auto apply_on = view_or(nested(document, "SnapStart"), "ApplyOn", "None");
  into["ApplyOn"] = apply_on;
  const bool optimized =
      apply_on == "PublishedVersions" && is_version(view) && view.state == fsm::state::active;
  into["OptimizationStatus"] = optimized ? "On" : "Off";
}

// Only logs in JSON have levels.
void add_logging(const function_target& which, const json::object* told, json::object& into) {
  const auto format = view_or(told, "LogFormat", "Text");
  into["LogFormat"] = format;
  if (format == "JSON") {
    into["ApplicationLogLevel"] = view_or(told, "ApplicationLogLevel", "INFO");
    into["SystemLogLevel"] = view_or(told, "SystemLogLevel", "INFO");
  }
  const auto group = view_or(told, "LogGroup", "");
  into["LogGroup"] =
      group.empty() ? json::string{"/aws/lambda/" + which.name} : json::string{group};
}

// Members that every function has.
void add_settings(const function_target& which, const fsm::function_view& view,
                  const json::object& document, json::object& into) {
  copy_or(
      document, "CodeSize", [] { return 0; }, into);
  into["CodeSha256"] = view_or(&document, "CodeSha256", "");
  into["Description"] = view_or(&document, "Description", "");
  copy_or(
      document, "Timeout", [] { return 3; }, into);
  copy_or(
      document, "MemorySize", [] { return 128; }, into);
  copy_or(
      document, "Architectures", [] { return json::array{"x86_64"}; }, into);
  copy_or(
      document, "EphemeralStorage",
      [] {
        return json::object{{"Size", 512}};
      },
      into);
  into["TracingConfig"].emplace_object()["Mode"] =
      view_or(nested(document, "TracingConfig"), "Mode", "PassThrough");
  add_snap_start(view, document, into["SnapStart"].emplace_object());
  add_logging(which, nested(document, "LoggingConfig"), into["LoggingConfig"].emplace_object());
}

// Members that a function has only when it was given them.
void add_options(const json::object& document, json::object& into) {
  copy_if_set(document, "Environment", into);
  copy_if_set(document, "VpcConfig", into);
  copy_text_if_set(document, "KMSKeyArn", into);
  if (const auto* letters = nested(document, "DeadLetterConfig");
      !view_or(letters, "TargetArn", "").empty()) {
    into["DeadLetterConfig"] = *letters;
  }
  if (const auto* image = nested(document, "ImageConfig"); image && !image->empty()) {
    into["ImageConfigResponse"].emplace_object()["ImageConfig"] = *image;
  }
  const auto* layers = document.if_contains("Layers");
  if (!layers || layers->get_array().empty()) return;
  auto& shown = into["Layers"].emplace_array();
  for (const auto& each : layers->get_array()) {
    shown.push_back(json::object{{"Arn", each}, {"CodeSize", 0}});
  }
}

// The digest that a runtime's version is named by. There are few runtimes.
std::string runtime_version(std::string_view runtime) {
  thread_local std::pair<std::string, std::string> last;
  if (last.second.empty() || last.first != runtime) {
    last = {std::string{runtime}, hex_encode(sha256(runtime))};
  }
  return last.second;
}

void add_runtime(const site& where, const json::object& document, detail how_much,
                 json::object& into) {
  copy_text_if_set(document, "Runtime", into);
  copy_text_if_set(document, "Handler", into);
  if (how_much == detail::in_lists) return;
  into["RuntimeVersionConfig"].emplace_object()["RuntimeVersionArn"] =
      "arn:aws:lambda:" + where.region +
      "::runtime:" + runtime_version(view_or(&document, "Runtime", ""));
}

}  // namespace

json::object configuration(const site& where, const function_target& which,
                           const fsm::function_view& view, const json::object& document,
                           detail how_much) {
  const auto package_type = view_or(&document, "PackageType", "Zip");
  json::object result(members_usual, document.storage());
  result["FunctionName"] = which.name;
  result["FunctionArn"] = which.shown_arn();
  result["Role"] = view_or(&document, "Role", "");
  result["Version"] = version_of(view);
  result["PackageType"] = package_type;
  result["LastModified"] = view_or(&document, "LastModified", "");
  result["RevisionId"] = view.revision_id();
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

const json::object* nested(const json::object& document, std::string_view member) {
  const auto* value = document.if_contains(member);
  return value ? value->if_object() : nullptr;
}

json::object parse_document(const std::string& text, json::storage_ptr memory) {
  boost::system::error_code problem;
  auto value = json::parse(text, problem, memory);
  if (problem || !value.is_object()) return json::object(std::move(memory));
  return std::move(value.get_object());
}

}  // namespace platform::wire
