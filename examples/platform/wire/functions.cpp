#include "times.hpp"
#include "wire/code.hpp"
#include "wire/configuration.hpp"
#include "wire/coverage.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include "wire/settings.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

using view_result = fsm::expected<fsm::function_view>;

// A function to create: where it will be, and its document.
struct new_function {
  function_target target;
  json::object document;
};

tl::expected<new_function, failure> read_new_function(const call& request) {
  auto body = parse_body(request.body());
  if (!body) return tl::make_unexpected(body.error());
  problems found;
  const members given{*body, "", found};
  json::object document;
  for (const auto* name : {"FunctionName", "Role", "Code"}) given.require(name);
  const auto name = given.text("FunctionName");
  if (name) check_new_name(given, *name);
  read_identity(given, document);
  read_architectures(given, document);
  read_settings(given, request.where().cloud, document);
  check_complete(document, found);
  if (given.flag("Publish").value_or(false)) {
    found.refuse(fault::invalid_parameter_value,
                 "Versions cannot be published yet: leave out Publish.");
  }
  refuse_members(given, "CreateFunctionRequest");
  const auto code = given.object("Code");
  if (code && found.empty()) read_code(*code, text_or(document, "PackageType", "Zip"), document);
  if (code) refuse_members(*code, "FunctionCode");
  if (auto wrong = found.verdict()) return tl::make_unexpected(*std::move(wrong));
  auto target = new_target(request.where(), *name);
  if (!target) return tl::make_unexpected(target.error());
  document["LastModified"] = last_modified_text(request.where().functions.clock().now());
  return new_function{*std::move(target), std::move(document)};
}

// Looks a function up and answers with what `show` makes of it.
template <class Show>
void look_up(const call_ptr& request, Show show) {
  auto target = find_target(*request, fsm::name_rule::lookup);
  if (!target) return request->refuse(target.error());
  if (!target->latest()) return request->refuse(no_such_version(*target));
  const auto name = target->name;
  request->where().functions.get(
      name, [request, target = *std::move(target), show](const view_result& view) {
        if (!view) return request->refuse(explain_read(view.error(), target.qualified()));
        request->answer(200, show(request->where(), target, *view, parse_document(view->document)));
      });
}

bool is_version(std::string_view qualifier) {
  return std::all_of(qualifier.begin(), qualifier.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

failure no_alias_deletion() {
  return {fault::invalid_parameter_value, "Deletion of aliases is not currently supported.", {}};
}

// What deleting a version or alias comes to: there are none.
void refuse_qualified_delete(const call_ptr& request, const function_target& target,
                             const view_result& view) {
  if (!view) return request->refuse(explain(view.error(), target.unqualified()));
  if (target.latest()) {
    return request->refuse({fault::invalid_parameter_value,
                            "$LATEST version cannot be deleted without deleting the function.",
                            {}});
  }
  if (is_version(target.qualifier)) return request->answer(204);
  request->refuse(no_alias_deletion());
}

}  // namespace

void create_function(const call_ptr& request) {
  auto made = read_new_function(*request);
  if (!made) return request->refuse(made.error());
  fsm::create_request what{.name = made->target.name,
                           .document = json::serialize(made->document),
                           .tenant = request->where().tenant(),
                           .idle_after = std::nullopt};
  request->where().functions.create(
      std::move(what), [request, made = *std::move(made)](const view_result& view) {
        if (!view) return request->refuse(explain(view.error(), made.target.unqualified()));
        request->set_sequence(view->sequence);
        const function_target shown{made.target.name, "", made.target.arn};
        request->answer(201, configuration(request->where(), shown, *view, made.document));
      });
}

void get_function(const call_ptr& request) { look_up(request, function_with_code); }

void get_function_configuration(const call_ptr& request) {
  look_up(request, [](const site& where, const function_target& target,
                      const fsm::function_view& view, const json::object& document) {
    return configuration(where, target, view, document);
  });
}

void delete_function(const call_ptr& request) {
  auto target = find_target(*request, fsm::name_rule::lookup);
  if (!target) return request->refuse(target.error());
  auto& functions = request->where().functions;
  const auto name = target->name;
  if (target->qualifier.empty()) {
    return functions.remove(name, 0,
                            [request, target = *std::move(target)](const view_result& view) {
                              if (!view)
                                return request->refuse(explain(view.error(), target.unqualified()));
                              request->set_sequence(view->sequence);
                              request->answer(204);
                            });
  }
  const bool in_name = !request->target().parameter("Qualifier");
  if (in_name && !target->latest() && !is_version(target->qualifier)) {
    return request->refuse(no_alias_deletion());  // Whether or not there is such a function.
  }
  functions.get(name, [request, target = *std::move(target)](const view_result& view) {
    refuse_qualified_delete(request, target, view);
  });
}

}  // namespace platform::wire
