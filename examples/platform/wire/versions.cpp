#include "wire/versions.hpp"

#include "wire/configuration.hpp"
#include "wire/coverage.hpp"
#include "wire/digest.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include "wire/resolve.hpp"
#include "wire/settings.hpp"
#include <fsm/condition.hpp>
#include <fsm/name.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr int tries_max = 16;
// A version whose attempt waits behind others is shown as it is after this time; the runtime's own
// clock may stand still.
constexpr std::chrono::seconds activation_max{5};

struct publication {
  std::optional<std::string> code_sha;
  std::optional<std::string> description;
  std::optional<std::string> revision;
};

publication read_publication(const call& request) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  publication result{.code_sha = given.text("CodeSha256"),
                     .description = given.text("Description", {.length_max = 256}),
                     .revision = given.text("RevisionId")};
  refuse_members(given, "PublishVersionRequest");
  refuse_if(found.verdict());
  return result;
}

void require_code(const publication& wanted, const json::object& document) {
  const auto current = text_or(document, "CodeSha256", "");
  if (!wanted.code_sha || wanted.code_sha->empty() || *wanted.code_sha == current) return;
  throw refusal{{fault::invalid_parameter_value,
                 "CodeSHA256 (" + *wanted.code_sha +
                     ") is different from current CodeSHA256 in $LATEST (" + current +
                     "). Please try again with the CodeSHA256 in $LATEST.",
                 {}}};
}

// The last version, if it still is what the function is.
std::optional<fsm::function_view> unchanged_version(const site& where, const whole_function& of,
                                                    const std::string& print) {
  if (of.what.last_version == 0) return std::nullopt;
  auto last = where.functions.get(fsm::versioned_name(of.view.name, of.what.last_version));
  if (!last) return std::nullopt;
  const auto document = parse_document(last->document);
  if (text_or(document, "PublishedFrom", "") != print) return std::nullopt;
  return *std::move(last);
}

// The version once it is Active; nothing if it does not become so soon.
std::optional<fsm::function_view> await_active(fsm::runtime& functions, const std::string& name) {
  using answer = fsm::expected<fsm::function_view>;
  const auto told = std::make_shared<std::promise<answer>>();
  auto future = told->get_future();
  const auto waiter = functions.wait(name, fsm::active, std::chrono::hours{1},
                                     [told](answer view) { told->set_value(std::move(view)); });
  if (future.wait_for(activation_max) != std::future_status::ready) return std::nullopt;
  auto view = future.get();
  return view ? std::optional{*std::move(view)} : std::nullopt;
}

json::object shown(const site& where, const function_target& of, const fsm::function_view& version,
                   const json::object& document) {
  auto which = of;
  which.qualifier = std::to_string(fsm::split_versioned_name(version.name)->version);
  return configuration(where, which, version, document);
}

void publish(const call_ptr& request, const function_target& target, const publication& wanted) {
  const auto& where = request->where();
  for (int tries = 1;; ++tries) {
    auto found = look_up(where, target.name, target.unqualified());
    require_revision(wanted.revision, found.view.revision_id());
    auto document = parse_document(found.view.document);
    require_code(wanted, document);
    const auto print = fingerprint(document);
    if (const auto last = unchanged_version(where, found, print)) {
      require_acceptance(where, target.name, fsm::event::republish, target.unqualified());
      return request->answer(201, shown(where, target, *last, parse_document(last->document)));
    }
    const auto number = ++found.what.last_version;
    auto changed = where.functions.change({.name = target.name,
                                           .event = fsm::event::publish,
                                           .metadata = to_metadata(found.what),
                                           .expected_revision = found.view.revision});
    if (!changed && changed.error().code == fsm::errc::revision_mismatch && tries < tries_max)
      continue;
    if (!changed) throw refusal{explain(changed.error(), target.unqualified())};
    if (wanted.description) document["Description"] = *wanted.description;
    new_version made{.of = target,
                     .function_uid = found.view.uid,
                     .number = number,
                     .document = std::move(document),
                     .published_from = print,
                     .prepared = true};
    const auto version = make_version(where, made);
    request->set_sequence(version.sequence);
    return request->answer(201, shown(where, target, version, made.document));
  }
}

}  // namespace

std::string fingerprint(const json::object& document) {
  std::map<std::string_view, const json::value*> sorted;
  for (const auto& member : document) sorted.emplace(member.key(), &member.value());
  sorted.erase("LastModified");
  std::string text;
  for (const auto& [name, value] : sorted) {
    text.append(name).append("=").append(json::serialize(*value)).append("\n");
  }
  return hex_encode(sha256(text));
}

fsm::function_view make_version(const site& where, new_version& what) {
  const auto* snap_start = nested(what.document, "SnapStart");
  const bool snapshot = snap_start && text_or(*snap_start, "ApplyOn", "None") != "None";
  auto& document = what.document;
  document["PublishedFrom"] = what.published_from;
  // It shares what the function runs on.
  document["ResourcesOf"] = std::to_string(what.function_uid);
  if (what.prepared && !snapshot) document["Prepared"] = true;
  const auto name = fsm::versioned_name(what.of.name, what.number);
  // Its number is given out: that it is made must not fail for a queue that is full just now.
  auto made = insist([&] {
    return where.functions.create({.name = name,
                                   .document = json::serialize(document),
                                   .tenant = where.tenant(),
                                   .idle_after = {},
                                   .metadata = {}});
  });
  if (!made) throw refusal{explain(made.error(), what.of.unqualified())};
  where.code.note(*made, code::package_of(document));
  if (!what.prepared || snapshot) return *std::move(made);
  auto active = await_active(where.functions, name);
  if (!active) return *std::move(made);
  where.code.note(*active, code::package_of(document));  // It has changed since it was made.
  active->sequence = std::max(active->sequence, made->sequence);
  return *std::move(active);
}

void publish_version(const call_ptr& request) {
  auto target = need(find_target(*request, fsm::name_rule::create));
  const auto wanted = read_publication(*request);
  if (!target.latest()) throw refusal{only_functions()};
  target.qualifier.clear();
  const auto lock = request->where().locks.take(target.name);
  publish(request, target, wanted);
}

void list_versions_by_function(const call_ptr& request) {
  const auto& where = request->where();
  problems wrong;
  const auto page = read_page(*request, wrong);
  refuse_if(wrong.verdict());
  auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto found = look_up(where, target.name, target.unqualified());
  json::array versions;
  const auto add = [&](const fsm::function_view& view, std::string qualifier) {
    target.qualifier = std::move(qualifier);
    versions.push_back(
        configuration(where, target, view, parse_document(view.document), detail::in_lists));
  };
  std::uint64_t next = page.cursor;
  if (next == 0) add(found.view, "$LATEST");
  for (next = std::max<std::uint64_t>(next, 1);
       next <= found.what.last_version && versions.size() < page.limit; ++next) {
    const auto number = static_cast<std::uint32_t>(next);
    const auto view = where.functions.get(fsm::versioned_name(target.name, number));
    if (view) add(*view, std::to_string(number));
  }
  json::object body{{"Versions", std::move(versions)}};
  if (next <= found.what.last_version) body["NextMarker"] = to_marker(next);
  request->answer(200, body);
}

}  // namespace platform::wire
