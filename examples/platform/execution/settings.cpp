#include "execution/settings.hpp"

#include "wire/digest.hpp"
#include <fsm/name.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/chrono.h>

#include <chrono>
#include <map>

namespace platform::execution {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::uint32_t number_of(const json::object& object, std::string_view member,
                        std::uint32_t otherwise) {
  const auto* value = object.if_contains(member);
  return value && value->is_int64() ? static_cast<std::uint32_t>(value->get_int64()) : otherwise;
}

const json::object* object_of(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value ? value->if_object() : nullptr;
}

// "2026/01/31/[$LATEST]" and 32 digits, by chance.
std::string new_log_stream(const std::string& version) {
  auto digits = wire::random_uuid();
  std::erase(digits, '-');
  const auto today = fmt::gmtime(std::chrono::system_clock::now());
  return fmt::format("{:%Y/%m/%d}/[{}]{}", today, version, digits);
}

}  // namespace

settings read_settings(std::string_view name, std::string_view document) {
  settings result;
  const auto parts = fsm::split_versioned_name(name);
  result.function = parts ? parts->function : name;
  result.log_group = "/aws/lambda/" + result.function;
  result.version = parts && parts->version != 0 ? std::to_string(parts->version) : "$LATEST";
  json::error_code problem;
  const auto value = json::parse(document, problem);
  const auto* object = problem ? nullptr : value.if_object();
  if (!object) return result;
  result.runtime = text_of(*object, "Runtime");
  result.handler = text_of(*object, "Handler");
  result.memory_mb = number_of(*object, "MemorySize", result.memory_mb);
  if (const auto* scratch = object_of(*object, "EphemeralStorage"))
    result.scratch_mb = number_of(*scratch, "Size", result.scratch_mb);
  if (const auto* logging = object_of(*object, "LoggingConfig")) {
    if (auto group = text_of(*logging, "LogGroup"); !group.empty())
      result.log_group = std::move(group);
  }
  const auto* environment = object_of(*object, "Environment");
  const auto* variables = environment ? object_of(*environment, "Variables") : nullptr;
  if (variables) {
    for (const auto& each : *variables) {
      if (each.value().is_string())
        result.variables.emplace_back(each.key(), text_of(*variables, each.key()));
    }
  }
  result.package = code::package_of(*object);
  return result;
}

std::vector<std::string> environment_variables(const settings& of, const surroundings& where) {
  const auto& root = where.task_root;
  std::map<std::string, std::string> all{
      {"LANG", "C.UTF-8"},
      {"LD_LIBRARY_PATH", root + ":" + root + "/lib:/opt/lib"},
      {"NODE_PATH", "/opt/nodejs/node_modules"},
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
      {"PYTHONPATH", where.runtime_folder},
      {"TZ", ":UTC"},
  };
  for (const auto& [name, value] : of.variables) all.insert_or_assign(name, value);
  const std::map<std::string, std::string> reserved{
      {"AWS_DEFAULT_REGION", where.region},
      {"AWS_EXECUTION_ENV", "AWS_Lambda_" + of.runtime},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(of.memory_mb)},
      {"AWS_LAMBDA_FUNCTION_NAME", of.function},
      {"AWS_LAMBDA_FUNCTION_VERSION", of.version},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", of.log_group},
      {"AWS_LAMBDA_LOG_STREAM_NAME", new_log_stream(of.version)},
      {"AWS_REGION", where.region},
      {"LAMBDA_RUNTIME_DIR", where.runtime_folder},
      {"LAMBDA_TASK_ROOT", root},
      {"_HANDLER", of.handler},
  };
  for (const auto& [name, value] : reserved) all.insert_or_assign(name, value);
  std::vector<std::string> result;
  result.reserve(all.size());
  // What is behind a NUL would be a variable of its own.
  for (const auto& [name, value] : all)
    result.push_back(name + "=" + value.substr(0, value.find('\0')));
  return result;
}

}  // namespace platform::execution
