#include "invoke/engine.hpp"
#include "times.hpp"
#include "wire/code.hpp"
#include "wire/configuration.hpp"
#include "wire/coverage.hpp"
#include "wire/limits.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include "wire/resolve.hpp"
#include "wire/settings.hpp"
#include "wire/steps.hpp"
#include "wire/tags.hpp"
#include "wire/versions.hpp"
#include <fsm/name.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t scratch_bytes = std::size_t{16} * 1024;

using view_result = fsm::expected<fsm::function_view>;

// A function to create: where it will be, its document, and where its code comes from.
struct new_function {
  function_target target;
  json::object document;
  json::object tags;
  code_source source;
  bool publish = false;
};

// The source points into `body`.
new_function read_new_function(const call& request, const json::object& body) {
  problems found;
  const members given{body, "", found};
  new_function result;
  auto& document = result.document;
  for (const auto* name : {"FunctionName", "Role", "Code"}) given.require(name);
  const auto name = given.text("FunctionName");
  if (name) check_new_name(given, *name);
  read_identity(given, document);
  result.tags = read_tags(given).value_or(json::object{});
  check_tag_count(result.tags, found);
  read_architectures(given, document);
  read_settings(given, request.where().cloud, document);
  check_complete(document, found);
  result.publish = given.flag("Publish").value_or(false);
  refuse_members(given, "CreateFunctionRequest");
  if (const auto code = given.object("Code")) {
    result.source = read_code_source(*code, text_or(document, "PackageType", "Zip"));
    refuse_members(*code, "FunctionCode");
  }
  refuse_if(found.verdict());
  result.target = need(new_target(request.where(), *name));
  document["LastModified"] = last_modified_text(request.where().functions.clock().now());
  return result;
}

fsm::function_view create(const site& where, new_function& made) {
  auto code = need(obtain_code(where, made.source, true));
  code.put_into(made.document);
  attributes also{.function = made.target.name, .last_version = made.publish ? 1U : 0U};
  also.tags = made.tags;
  const bool has_any = made.publish || !made.tags.empty();
  auto view = where.functions.create(
      {.name = made.target.name,
       .document = json::serialize(made.document),
       .tenant = where.tenant(),
       .idle_after = {},
       .metadata = has_any ? std::optional{to_metadata(also)} : std::nullopt});
  settle_code(where, view, made.document, code.package);
  if (!view) throw refusal{explain(view.error(), made.target.unqualified())};
  return *std::move(view);
}

// The first version of a function that has just been created; without it there is no function
// either.
fsm::function_view publish_first(const site& where, new_function& made,
                                 const fsm::function_view& of) {
  new_version first{.of = made.target,
                    .function_uid = of.uid,
                    .number = 1,
                    .document = made.document,
                    .published_from = fingerprint(made.document)};
  try {
    return make_version(where, first);
  } catch (const refusal&) {
    static_cast<void>(insist([&] { return where.functions.remove(made.target.name); }));
    throw;
  }
}

// A link to the package of a function, on the host that the client knows; "" = it has none.
std::string code_location(const call& request, const json::object& document) {
  const auto package = code::package_of(document);
  if (!package) return {};
  const auto& where = request.where();
  return where.scheme + "://" + request.host() +
         where.links.target(package->name, where.functions.clock().now());
}

// Looks a function or version up and answers with what `show` makes of it.
template <class Show>
void show_entity(const call_ptr& request, const std::string& entity, function_target target,
                 Show show) {
  request->where().functions.look(
      entity, [request, target = std::move(target), show](const view_result& view) {
        if (!view) return request->refuse(explain_read(view.error(), target.qualified()));
        // A document and what is made of it fit in here nearly always; else there is the heap.
        std::array<unsigned char, scratch_bytes> scratch;
        json::monotonic_resource memory{scratch.data(), scratch.size()};
        request->answer(
            200, show(request->where(), target, *view, parse_document(view->document, &memory)));
      });
}

template <class Show>
void show_found(const call_ptr& request, Show show) {
  auto target = find_target(*request, fsm::name_rule::lookup);
  if (!target) return request->refuse(target.error());
  const auto name = target->name;
  if (target->latest()) return show_entity(request, name, *std::move(target), show);
  const auto which = *target;
  resolve(
      request->where().functions, which,
      [request, which, show](const tl::expected<resolved, failure>& found) {
        if (!found) return request->refuse(found.error());
        show_entity(request, found->entity, which, show);
      },
      alias_version::own);
}

failure no_alias_deletion() {
  return {fault::invalid_parameter_value, "Deletion of aliases is not currently supported.", {}};
}

// The aliases that lead to a version: "[a, b]"; nothing if none does.
std::optional<std::string> aliases_of(const attributes& what, const std::string& version) {
  std::vector<std::string> names;
  for (const auto& [name, each] : what.aliases) {
    if (each.version == version || each.weights.contains(version)) names.push_back(name);
  }
  return names.empty() ? std::nullopt : std::optional{list_text(names)};
}

// Forgets what was set for a version.
void forget_version(const site& where, const function_target& target) {
  static_cast<void>(change_limits(where, {.name = target.name, .about = target.unqualified()},
                                  [&](attributes& into) { into.forget(target.qualifier); }));
}

failure no_latest_deletion() {
  return {fault::invalid_parameter_value,
          "$LATEST version cannot be deleted without deleting the function.",
          {}};
}

void delete_version(const call_ptr& request, const function_target& target) {
  const auto& where = request->where();
  const auto found = look_up(where, target.name, target.unqualified());
  if (!is_version_number(target.qualifier)) throw refusal{no_alias_deletion()};
  if (const auto names = aliases_of(found.what, target.qualifier)) {
    throw refusal{{fault::resource_conflict,
                   "Unable to delete version because the following aliases reference it: " + *names,
                   {}}};
  }
  const auto version = resolve_version(target.name, target.qualifier);
  if (!version) return request->answer(204);
  const auto removed = where.functions.remove(version->entity);
  if (!removed && removed.error().code != fsm::errc::not_found) {
    throw refusal{explain(removed.error(), target.qualified())};
  }
  if (found.what.has_any(target.qualifier)) forget_version(where, target);
  if (removed) request->set_sequence(removed->sequence);
  request->answer(204);
}

// Its versions first: should the end come in between, there is a function with fewer versions, and
// never a version without its function.
void delete_whole(const call_ptr& request, const function_target& target) {
  auto& functions = request->where().functions;
  const auto found = look_up(request->where(), target.name, target.unqualified());
  for (std::uint32_t number = 1; number <= found.what.last_version; ++number) {
    const auto version = fsm::versioned_name(target.name, number);
    const auto removed = insist([&] { return functions.remove(version); });
    if (!removed && removed.error().code != fsm::errc::not_found) {
      throw refusal{explain(removed.error(), target.unqualified())};
    }
  }
  const auto removed = insist([&] { return functions.remove(target.name); });
  if (!removed) throw refusal{explain(removed.error(), target.unqualified())};
  request->where().invocations.limiter().forget(target.name);
  request->where().book.forget_events(target.name);
  request->set_sequence(removed->sequence);
  request->answer(204);
}

}  // namespace

void create_function(const call_ptr& request) {
  const auto& where = request->where();
  const auto body = need(parse_body(request->body()));
  auto made = read_new_function(*request, body);
  made.target.qualifier.clear();
  const auto lock = where.locks.take(made.target.name);
  auto view = create(where, made);
  request->set_sequence(view.sequence);
  if (made.publish) view = publish_first(where, made, view);
  request->answer(201, configuration(where, made.target, view, made.document));
}

void get_function(const call_ptr& request) {
  show_found(request, [request](const site& where, const function_target& target,
                                const fsm::function_view& view, const json::object& document) {
    return function_with_code(where, target, view, document, code_location(*request, document));
  });
}

void get_function_configuration(const call_ptr& request) {
  show_found(request, [](const site& where, const function_target& target,
                         const fsm::function_view& view, const json::object& document) {
    return configuration(where, target, view, document);
  });
}

void delete_function(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  // These two are said whether or not there is such a function.
  const bool in_name = !request->target().parameter("Qualifier");
  if (in_name && !target.latest() && !is_version_number(target.qualifier)) {
    throw refusal{no_alias_deletion()};
  }
  if (target.latest() && !target.qualifier.empty()) throw refusal{no_latest_deletion()};
  const auto lock = request->where().locks.take(target.name);
  if (!target.qualifier.empty()) return delete_version(request, target);
  delete_whole(request, target);
}

}  // namespace platform::wire
