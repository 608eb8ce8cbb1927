#include "wire/settings.hpp"

#include "wire/runtimes.hpp"
#include <fsm/name.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace platform::wire {

namespace json = boost::json;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t environment_bytes_max = 4096;
// What a function was told is kept in memory and in the log: its texts are bounded as a whole.
constexpr std::size_t settings_bytes_max = std::size_t{256} * 1024;
constexpr std::size_t layers_max = 5;
constexpr std::size_t layer_length_max = 140;
constexpr std::size_t image_words_max = 1500;
constexpr std::size_t subnets_max = 16;
constexpr std::size_t security_groups_max = 5;

constexpr std::array tracing_modes{"Active"sv, "PassThrough"sv};
constexpr std::array snapshots{"PublishedVersions"sv, "None"sv};
constexpr std::array log_formats{"JSON"sv, "Text"sv};
constexpr std::array application_log_levels{"TRACE"sv, "DEBUG"sv, "INFO"sv,
                                            "WARN"sv,  "ERROR"sv, "FATAL"sv};
constexpr std::array system_log_levels{"DEBUG"sv, "INFO"sv, "WARN"sv};
// What a function's process is told by the service.
constexpr std::array reserved_variables{"AWS_ACCESS_KEY"sv,
                                        "AWS_ACCESS_KEY_ID"sv,
                                        "AWS_DEFAULT_REGION"sv,
                                        "AWS_EXECUTION_ENV"sv,
                                        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"sv,
                                        "AWS_LAMBDA_FUNCTION_NAME"sv,
                                        "AWS_LAMBDA_FUNCTION_VERSION"sv,
                                        "AWS_LAMBDA_INITIALIZATION_TYPE"sv,
                                        "AWS_LAMBDA_LOG_GROUP_NAME"sv,
                                        "AWS_LAMBDA_LOG_STREAM_NAME"sv,
                                        "AWS_LAMBDA_RUNTIME_API"sv,
                                        "AWS_REGION"sv,
                                        "AWS_SECRET_ACCESS_KEY"sv,
                                        "AWS_SESSION_TOKEN"sv,
                                        "LAMBDA_RUNTIME_DIR"sv,
                                        "LAMBDA_TASK_ROOT"sv,
                                        "_HANDLER"sv,
                                        "_X_AMZN_TRACE_ID"sv};
constexpr std::array package_types{"Image"sv, "Zip"sv};
constexpr std::array architectures{"x86_64"sv, "arm64"sv};

bool has_no_blank(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\r\n\f\v") == std::string_view::npos;
}

bool is_log_group(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           "._-/#"sv.find(c) != std::string_view::npos;
  });
}

bool is_variable_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return text.size() >= 2 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || c == '_' || (c >= '0' && c <= '9'); });
}

bool is_key_arn(std::string_view text) { return text.empty() || text.starts_with("arn:"); }

constexpr text_rule role_rule{.length_max = fsm::role_arn_length_max,
                              .matches = fsm::valid_role_arn,
                              .pattern = fsm::role_arn_pattern};
constexpr text_rule handler_rule{.length_max = 128, .matches = has_no_blank, .pattern = "[^\\s]+"};
constexpr text_rule description_rule{.length_max = 256};
constexpr text_rule key_rule{.matches = is_key_arn,
                             .pattern = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"};
constexpr text_rule log_group_rule{.length_min = 1,
                                   .length_max = 512,
                                   .matches = is_log_group,
                                   .pattern = "[\\.\\-_/#A-Za-z0-9]+"};

json::array to_json(const std::vector<std::string>& texts) {
  json::array result;
  for (const auto& each : texts) result.emplace_back(each);
  return result;
}

void take_text(const members& given, std::string_view name, const text_rule& rule,
               json::object& document) {
  if (auto value = given.text(name, rule)) document[name] = *value;
}

void take_integer(const members& given, std::string_view name, std::int64_t min, std::int64_t max,
                  json::object& document) {
  if (auto value = given.integer(name, min, max)) document[name] = *value;
}

void read_runtime(const members& given, json::object& document) {
  const auto runtime = given.text("Runtime");
  if (!runtime) return;
  if (auto objection = objection_to_runtime(*runtime)) {
    return given.found().refuse(fault::invalid_parameter_value, *std::move(objection));
  }
  document["Runtime"] = *runtime;
}

bool is_reserved(std::string_view name) {
  return std::find(reserved_variables.begin(), reserved_variables.end(), name) !=
         reserved_variables.end();
}

void check_variables(const std::vector<std::pair<std::string, std::string>>& variables,
                     problems& found) {
  std::string reserved;
  for (const auto& [name, value] : variables) {
    if (is_reserved(name)) {
      reserved += (reserved.empty() ? "" : ", ") + name;
    } else if (!is_variable_name(name)) {
      found.violation("[" + name + "]", "environment.variables",
                      "satisfy constraint: [Map keys must satisfy constraint: [Member must satisfy "
                      "regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]]");
    }
    if (value.find('\0') != std::string::npos) {
      found.refuse(fault::invalid_parameter_value,
                   "The environment variable " + name + " has a NUL character in its value.");
    }
  }
  if (reserved.empty()) return;
  found.refuse(fault::invalid_parameter_value,
               "Lambda was unable to configure your environment variables because the environment "
               "variables you have provided contains reserved keys that are currently not "
               "supported for modification. Reserved keys used in this request: " +
                   reserved);
}

void read_environment(const members& given, json::object& document) {
  const auto environment = given.object("Environment");
  if (!environment) return;
  json::object variables;
  const auto given_variables = environment->map("Variables");
  if (!given_variables)
    return void(document["Environment"] = json::object{{"Variables", variables}});
  for (const auto& [name, value] : *given_variables) variables[name] = value;
  const auto measured = json::serialize(variables);
  if (measured.size() > environment_bytes_max) {
    return given.found().refuse(
        fault::invalid_parameter_value,
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. String measured: " +
            measured);
  }
  check_variables(*given_variables, given.found());
  document["Environment"] = json::object{{"Variables", std::move(variables)}};
}

// `pattern` holds for each of the texts.
void check_ids(const std::vector<std::string>& ids, const std::string& path, std::size_t count_max,
               bool (*matches)(std::string_view) noexcept, std::string_view pattern,
               problems& found) {
  if (ids.size() > count_max) {
    found.violation(list_text(ids), path,
                    "have length less than or equal to " + std::to_string(count_max));
  }
  if (!std::all_of(ids.begin(), ids.end(), [&](const auto& id) { return matches(id); })) {
    found.violation(
        list_text(ids), path,
        "satisfy constraint: [Member must have length less than or equal to 1024, Member must "
        "have length greater than or equal to 0, Member must satisfy regular expression "
        "pattern: " +
            std::string{pattern} + "]");
  }
}

void read_network(const members& given, const platform::world& cloud, json::object& document) {
  const auto vpc = given.object("VpcConfig");
  if (!vpc) return;
  auto& found = given.found();
  const auto subnets = vpc->texts("SubnetIds").value_or(std::vector<std::string>{});
  const auto groups = vpc->texts("SecurityGroupIds").value_or(std::vector<std::string>{});
  const auto dual_stack = vpc->flag("Ipv6AllowedForDualStack").value_or(false);
  check_ids(subnets, vpc->path("SubnetIds"), subnets_max, is_subnet_id, "subnet-[0-9a-z]*", found);
  check_ids(groups, vpc->path("SecurityGroupIds"), security_groups_max, is_security_group_id,
            "sg-[0-9a-zA-Z]*", found);
  if (!found.empty()) return;
  // The service looks for the security groups first.
  if (const auto missing = cloud.missing_security_group(groups)) {
    return found.refuse(fault::invalid_parameter_value,
                        "Error occurred while DescribeSecurityGroups. EC2 Error Code: "
                        "InvalidGroup.NotFound. EC2 Error Message: The security group '" +
                            *missing + "' does not exist");
  }
  if (const auto missing = cloud.missing_subnet(subnets)) {
    return found.refuse(
        fault::invalid_parameter_value,
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
        "EC2 Error Message: The subnet ID '" +
            *missing + "' does not exist");
  }
  document["VpcConfig"] =
      json::object{{"SubnetIds", to_json(subnets)},
                   {"SecurityGroupIds", to_json(groups)},
                   {"VpcId", subnets.empty() ? "" : cloud.vpc_of(subnets.front())},
                   {"Ipv6AllowedForDualStack", dual_stack}};
}

void read_logging(const members& given, json::object& document) {
  const auto logging = given.object("LoggingConfig");
  if (!logging) return;
  json::object into;
  if (const auto* before = document.if_contains("LoggingConfig")) into = before->as_object();
  take_text(*logging, "LogFormat", {.values = log_formats}, into);
  take_text(*logging, "LogGroup", log_group_rule, into);
  take_text(*logging, "ApplicationLogLevel", {.values = application_log_levels}, into);
  take_text(*logging, "SystemLogLevel", {.values = system_log_levels}, into);
  document["LoggingConfig"] = std::move(into);
}

void read_layers(const members& given, json::object& document) {
  const auto layers = given.texts("Layers");
  if (!layers) return;
  if (layers->size() > layers_max) {
    return given.found().refuse(fault::invalid_parameter_value,
                                "Cannot reference more than 5 layers.");
  }
  const bool fit = std::all_of(layers->begin(), layers->end(), [](const std::string& each) {
    return !each.empty() && each.size() <= layer_length_max;
  });
  if (!fit) {
    given.found().violation(
        list_text(*layers), given.path("Layers"),
        "satisfy constraint: [Member must have length less than or equal to 140, Member must have "
        "length greater than or equal to 1]");
  }
  document["Layers"] = to_json(*layers);
}

// What an image is started with.
void take_words(const members& given, std::string_view name, json::object& document) {
  const auto words = given.texts(name);
  if (!words) return;
  if (words->size() > image_words_max) {
    given.found().violation(list_text(*words), given.path(name),
                            "have length less than or equal to " + std::to_string(image_words_max));
  }
  document[name] = to_json(*words);
}

// Objects with one text or number that matters.
void read_small_objects(const members& given, json::object& document) {
  const auto inner = [&](std::string_view name, auto read) {
    const auto object = given.object(name);
    if (!object) return;
    json::object into;
    read(*object, into);
    document[name] = std::move(into);
  };
  inner("TracingConfig", [](const members& in, json::object& into) {
    take_text(in, "Mode", {.values = tracing_modes}, into);
  });
  inner("EphemeralStorage", [](const members& in, json::object& into) {
    in.require("Size");
    take_integer(in, "Size", 512, 10'240, into);
  });
  inner("SnapStart", [](const members& in, json::object& into) {
    take_text(in, "ApplyOn", {.values = snapshots}, into);
  });
  inner("DeadLetterConfig",
        [](const members& in, json::object& into) { take_text(in, "TargetArn", {}, into); });
  inner("ImageConfig", [](const members& in, json::object& into) {
    take_words(in, "EntryPoint", into);
    take_words(in, "Command", into);
    take_text(in, "WorkingDirectory", {.length_max = 1000}, into);
  });
}

void check_size(const json::object& document, problems& found) {
  const auto size = json::serialize(document).size();
  if (size <= settings_bytes_max) return;
  found.refuse(fault::invalid_parameter_value,
               "The settings of a function must not take more than " +
                   std::to_string(settings_bytes_max) + " bytes as JSON. These take " +
                   std::to_string(size) + ".");
}

}  // namespace

void read_settings(const members& given, const platform::world& cloud, json::object& document) {
  take_text(given, "Role", role_rule, document);
  take_text(given, "Handler", handler_rule, document);
  take_text(given, "Description", description_rule, document);
  take_text(given, "KMSKeyArn", key_rule, document);
  take_integer(given, "Timeout", 1, 900, document);
  take_integer(given, "MemorySize", 128, 10'240, document);
  read_small_objects(given, document);
  read_logging(given, document);
  read_layers(given, document);
  read_runtime(given, document);
  read_environment(given, document);
  read_network(given, cloud, document);
  check_size(document, given.found());
}

void read_architectures(const members& given, json::object& document) {
  auto& found = given.found();
  if (const auto list = given.texts("Architectures")) {
    if (list->size() > 1) {
      found.violation(list_text(*list), "architectures", "have length less than or equal to 1");
    }
    const bool known = std::all_of(list->begin(), list->end(), [](const std::string& each) {
      return std::find(architectures.begin(), architectures.end(), each) != architectures.end();
    });
    if (!known) {
      found.violation(
          list_text(*list), "architectures",
          "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member "
          "must not be null]");
    }
    if (!list->empty()) document["Architectures"] = to_json(*list);
  }
}

void read_identity(const members& given, json::object& document) {
  take_text(given, "PackageType", {.values = package_types}, document);
}

void check_complete(const json::object& document, problems& found) {
  if (text_or(document, "PackageType", "Zip") != "Zip") return;
  if (document.contains("Runtime") && document.contains("Handler")) return;
  found.refuse(fault::invalid_parameter_value,
               "Runtime and Handler are mandatory parameters for functions created with deployment "
               "packages.");
}

std::string text_or(const json::object& document, std::string_view member,
                    std::string_view otherwise) {
  const auto* value = document.if_contains(member);
  return value && value->is_string() ? json::value_to<std::string>(*value) : std::string{otherwise};
}

}  // namespace platform::wire
