#include "wire/runtimes.hpp"

#include "wire/members.hpp"

#include <algorithm>
#include <array>

namespace platform::wire {

using namespace std::string_view_literals;

namespace {

// In the order in which the service lists them.
constexpr std::array supported{
    "nodejs20.x"sv, "python3.14"sv, "provided.al2023"sv, "python3.12"sv,   "python3.13"sv,
    "nodejs24.x"sv, "nodejs22.x"sv, "java25"sv,          "python3.10"sv,   "python3.11"sv,
    "java21"sv,     "ruby3.3"sv,    "ruby3.4"sv,         "ruby3.2"sv,      "python3.8"sv,
    "python3.9"sv,  "java17"sv,     "nodejs16.x"sv,      "dotnet10"sv,     "dotnet8"sv,
    "java11"sv,     "dotnet6"sv,    "nodejs18.x"sv,      "provided.al2"sv, "java8.al2"sv};

constexpr std::array retired{
    "nodejs"sv,        "nodejs4.3"sv,  "nodejs4.3-edge"sv, "nodejs6.10"sv,    "nodejs8.10"sv,
    "nodejs10.x"sv,    "nodejs12.x"sv, "nodejs14.x"sv,     "python2.7"sv,     "python3.6"sv,
    "python3.7"sv,     "java8"sv,      "dotnetcore1.0"sv,  "dotnetcore2.0"sv, "dotnetcore2.1"sv,
    "dotnetcore3.1"sv, "dotnet5.0"sv,  "dotnet7"sv,        "ruby2.5"sv,       "ruby2.7"sv,
    "go1.x"sv,         "provided"sv};

}  // namespace

std::optional<std::string> objection_to_runtime(std::string_view name) {
  const auto among = [&](const auto& list) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (among(supported) || name.starts_with("arn:")) return std::nullopt;
  if (among(retired)) {
    return "The runtime parameter of " + std::string{name} +
           " is no longer supported for creating or updating AWS Lambda functions. We recommend "
           "you use a "
           "supported runtime while creating or updating functions.";
  }
  return "Value " + std::string{name} +
         " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: " +
         list_text(std::span<const std::string_view>{supported}) + " or be a valid ARN";
}

}  // namespace platform::wire
