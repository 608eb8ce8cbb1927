#include "tools/choices.hpp"
#include "wire/coverage.hpp"
#include "wire/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

// fsm-compatibility: prints what of the Lambda API fsm-platform has. Without an argument it prints
// the page docs/lambda-compatibility.md; with --json the tables, for tests.

namespace {

namespace json = boost::json;
namespace wire = platform::wire;

constexpr std::string_view introduction = R"(# What of the Lambda API is here

This page is generated from the tables in `examples/platform/wire/coverage.cpp` and
`coverage_members.cpp` by `./dev docs`, which runs `fsm-compatibility`; do not edit it. Tests compare
it with the program, the tables with the model of the API that AWS publishes, and the operations with
what a running platform answers.

States of a member:

| State | Meaning |
| --- | --- |
| supported | It does what the Lambda API says. |
| kept | It is stored and returned, and has no effect: the platform manages functions, it does not run their code. |
| refused | A request that has it gets an error that names it. Empty and false values ask for nothing and pass. |
| not there | A request's is ignored; an answer never has it. |

)";

constexpr std::string_view how_refused = R"(
A request for an operation that is not there is refused with InvalidParameterValueException (400),
which names the operation; one for a path that is none of the API's, with ResourceNotFoundException
(404).

)";

std::string_view name_of(wire::coverage how) {
  switch (how) {
    case wire::coverage::full: return "supported";
    case wire::coverage::kept: return "kept";
    case wire::coverage::refused: return "refused";
    case wire::coverage::absent: return "not there";
  }
  return "";
}

std::string_view method_of(const wire::api_operation& which) {
  const auto text = platform::http::proto::to_string(which.method);
  return {text.data(), text.size()};
}

std::string path_of(const wire::api_operation& which) {
  std::string path{which.pattern};
  return which.parameter.empty() ? path : path + "?" + std::string{which.parameter};
}

void print_operations() {
  const auto all = wire::api_operations();
  const auto here = std::count_if(all.begin(), all.end(), wire::is_here);
  std::cout << "## Operations\n\n"
            << here << " of " << all.size() << " are here.\n\n"
            << "| Operation | Request | State | Remark |\n| --- | --- | --- | --- |\n";
  for (const auto& each : all) {
    std::cout << "| " << each.name << " | `" << method_of(each) << ' ' << path_of(each) << "` | "
              << (is_here(each) ? "supported" : "not there") << " | " << each.remark << " |\n";
  }
  std::cout << how_refused;
}

void print_members() {
  std::cout << "## Members\n\nThe structures which the operations that are here read and write, by "
               "the names of AWS's model.\n";
  std::string_view structure;
  for (const auto& row : wire::api_structures()) {
    if (row.structure != structure) {
      structure = row.structure;
      std::cout << "\n### " << structure
                << "\n\n| Member | State | Remark |\n| --- | --- | --- |\n";
    }
    wire::for_each_word(row.names, [&](std::string_view name) {
      std::cout << "| " << name << " | " << name_of(row.how) << " | " << row.remark << " |\n";
    });
  }
}

void print_choices() {
  std::cout << "\n## Choices\n\nWhere it is not known what AWS does, or where it cannot be done "
               "here.\n\n| Situation | We answer | Because |\n| --- | --- | --- |\n";
  for (const auto& each : choices) {
    std::cout << "| " << each.situation << " | " << each.answer << " | " << each.reason << " |\n";
  }
}

json::object tables() {
  json::array operations;
  for (const auto& each : wire::api_operations()) {
    operations.push_back(json::object{{"name", each.name},
                                      {"method", method_of(each)},
                                      {"path", each.pattern},
                                      {"parameter", each.parameter},
                                      {"here", is_here(each)}});
  }
  json::object structures;
  for (const auto& row : wire::api_structures()) {
    auto& into = structures[row.structure];
    if (into.is_null()) into = json::object{};
    wire::for_each_word(row.names,
                        [&](std::string_view name) { into.get_object()[name] = name_of(row.how); });
  }
  json::array names;
  for (const auto& each : wire::routes()) {
    if (each.pattern.starts_with("/20")) names.push_back(json::value(each.name));
  }
  return {{"operations", std::move(operations)},
          {"structures", std::move(structures)},
          {"routes", std::move(names)}};
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::string_view what = argument_count > 1 ? arguments[1] : "--page";
  if (what == "--page") {
    std::cout << introduction;
    print_operations();
    print_members();
    print_choices();
  } else if (what == "--json") {
    std::cout << json::serialize(tables()) << '\n';
  } else {
    std::cerr << "fsm-compatibility: unknown argument '" << what
              << "'; expected --page or --json\n";
    return 2;
  }
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}
