#include "wire/arns.hpp"
#include "wire/digest.hpp"
#include "wire/members.hpp"
#include "wire/operations.hpp"
#include "wire/resolve.hpp"
#include "wire/settings.hpp"
#include "wire/steps.hpp"
#include <fsm/name.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t policy_bytes_max = 20'480;
// The setting that holds a policy. That of a function or version is kept with it, under "$LATEST";
// that of an alias with the function, under the alias.
constexpr const char* setting_name = "Policy";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Allowed>
bool consists_of(std::string_view text, Allowed allowed) {
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool is_statement_id(std::string_view text) {
  return consists_of(text,
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool is_statement_id_with_dots(std::string_view text) {
  return consists_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_action(std::string_view text) {
  if (text == "*" || text == "lambda:*") return true;
  return text.starts_with("lambda:") && consists_of(text.substr(7), is_letter);
}

bool is_principal(std::string_view text) {
  return consists_of(text, [](char c) { return c != ' ' && (c < '\t' || c > '\r'); });
}

bool is_event_source_token(std::string_view text) {
  return consists_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_organization(std::string_view text) {
  return text.starts_with("o-") && text.size() >= 12 && text.size() <= 34 &&
         consists_of(text.substr(2), [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); });
}

constexpr std::array<std::string_view, 2> url_auth_types{"NONE", "AWS_IAM"};
constexpr text_rule statement_id_rule{
    .length_min = 1, .length_max = 100, .matches = is_statement_id, .pattern = "([a-zA-Z0-9-_]+)"};
constexpr text_rule stored_statement_id_rule{.length_min = 1,
                                             .length_max = 100,
                                             .matches = is_statement_id_with_dots,
                                             .pattern = "([a-zA-Z0-9-_.]+)"};
constexpr text_rule action_rule{
    .length_max = 10'000, .matches = is_action, .pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])"};
constexpr text_rule principal_rule{
    .length_max = 2048, .matches = is_principal, .pattern = R"([^\s]+)"};
constexpr text_rule source_arn_rule{
    .length_max = 10'000, .matches = is_arn, .pattern = arn_pattern};
constexpr text_rule source_account_rule{
    .length_max = 12, .matches = is_account, .pattern = R"(\d{12})"};
constexpr text_rule token_rule{
    .length_max = 256, .matches = is_event_source_token, .pattern = R"([a-zA-Z0-9._\-]+)"};
constexpr text_rule organization_rule{
    .length_min = 12, .length_max = 34, .matches = is_organization, .pattern = "o-[a-z0-9]{10,32}"};

// What AddPermission is asked for.
struct permission {
  std::string id;
  std::string action;
  std::string principal;
  std::optional<std::string> source_arn;
  std::optional<std::string> source_account;
  std::optional<std::string> url_auth_type;
  std::optional<std::string> organization;
  std::optional<std::string> token;
  std::optional<bool> via_url;
  std::optional<std::string> revision;
};

permission read_permission(const call& request) {
  const auto body = need(parse_body(request.body()));
  problems found;
  const members given{body, "", found};
  for (const auto* name : {"StatementId", "Action", "Principal"}) given.require(name);
  permission result{.id = given.text("StatementId", statement_id_rule).value_or(""),
                    .action = given.text("Action", action_rule).value_or(""),
                    .principal = given.text("Principal", principal_rule).value_or(""),
                    .source_arn = given.text("SourceArn", source_arn_rule),
                    .source_account = given.text("SourceAccount", source_account_rule),
                    .url_auth_type = given.text("FunctionUrlAuthType", {.values = url_auth_types}),
                    .organization = given.text("PrincipalOrgID", organization_rule),
                    .token = given.text("EventSourceToken", token_rule),
                    .via_url = given.flag("InvokedViaFunctionUrl"),
                    .revision = given.text("RevisionId")};
  refuse_if(found.verdict());
  return result;
}

[[noreturn]] void refuse_parameter(std::string message) {
  throw refusal{{fault::invalid_parameter_value, std::move(message), {}}};
}

// A service, an account, somebody in an account, or everybody.
json::value principal_of(const permission& wanted) {
  const auto& name = wanted.principal;
  if (name == "*") return json::string{name};
  const bool service = name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn") ||
                       name.ends_with(".amazon.com");
  if (service) return json::object{{"Service", name}};
  if (is_account(name)) return json::object{{"AWS", "arn:aws:iam::" + name + ":root"}};
  if (is_arn(name)) return json::object{{"AWS", name}};
  refuse_parameter("The provided principal was invalid. Please check the principal and try again.");
}

void add_if_set(const std::optional<std::string>& value, std::string_view name,
                json::object& into) {
  if (value) into[name] = *value;
}

json::object condition_of(const permission& wanted) {
  json::object equals;
  add_if_set(wanted.source_account, "AWS:SourceAccount", equals);
  add_if_set(wanted.url_auth_type, "lambda:FunctionUrlAuthType", equals);
  add_if_set(wanted.organization, "aws:PrincipalOrgID", equals);
  add_if_set(wanted.token, "lambda:EventSourceToken", equals);
  json::object result;
  if (!equals.empty()) result["StringEquals"] = std::move(equals);
  if (wanted.via_url) {
    result["Bool"] =
        json::object{{"lambda:InvokedViaFunctionUrl", *wanted.via_url ? "true" : "false"}};
  }
  if (wanted.source_arn) {
    result["ArnLike"] = json::object{{"AWS:SourceArn", *wanted.source_arn}};
  }
  return result;
}

json::object statement_of(const permission& wanted, const function_target& about) {
  if (wanted.url_auth_type && wanted.action != "lambda:InvokeFunctionUrl") {
    refuse_parameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
  }
  json::object result{{"Sid", wanted.id},
                      {"Effect", "Allow"},
                      {"Principal", principal_of(wanted)},
                      {"Action", wanted.action},
                      {"Resource", about.shown_arn()}};
  if (auto condition = condition_of(wanted); !condition.empty()) {
    result["Condition"] = std::move(condition);
  }
  return result;
}

// Who may do what with a function, a version or an alias.
struct policy {
  json::array statements;
  // Renewed by every change of the policy; nothing else changes it.
  std::string revision;
};

std::string key_of(const function_target& what) {
  return is_alias_name(what.qualifier) ? what.qualifier : "$LATEST";
}

// Empty when there is none.
policy find_policy(const attributes& what, const std::string& key) {
  const auto* kept = what.setting(setting_name, key);
  if (!kept) return {};
  return {.statements = kept->at("Statement").as_array(),
          .revision = text_or(*kept, "RevisionId", "")};
}

void keep_policy(attributes& into, const std::string& key, policy what) {
  if (what.statements.empty()) return into.forget_setting(setting_name, key);
  into.settings[setting_name][key] = {{"Statement", std::move(what.statements)},
                                      {"RevisionId", what.revision}};
}

std::string policy_text(const json::array& statements) {
  return json::serialize(
      json::object{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", statements}});
}

json::array::iterator find_statement(json::array& statements, std::string_view id) {
  return std::find_if(statements.begin(), statements.end(), [&](const json::value& each) {
    return text_or(each.as_object(), "Sid", "") == id;
  });
}

// The client may name the revision of the policy or that of what it belongs to: a change of the
// policy renews both.
void require_policy_revision(const std::optional<std::string>& wanted, const policy& current,
                             const std::string& owner) {
  if (!wanted || *wanted == owner) return;
  if (!current.statements.empty() && *wanted == current.revision) return;
  throw refusal{{fault::precondition_failed,
                 "The Revision Id provided does not match the latest Revision Id. Call the "
                 "GetPolicy API to retrieve the latest Revision Id",
                 {}}};
}

// Changes a policy and renews the RevisionId of what it belongs to. The caller holds the function's
// lock and knows that it is there.
void change_policy(const call_ptr& request, const function_target& target,
                   const std::optional<std::string>& revision,
                   const std::function<void(json::array& statements)>& edit) {
  const bool of_alias = is_alias_name(target.qualifier);
  const auto changed = change_attributes(
      request->where(),
      {.name = entity_of(target),
       .event = of_alias ? fsm::event::configure : fsm::event::permit,
       .about = target.qualified()},
      [&](const fsm::function_view& view, attributes& into) {
        auto kept = find_policy(into, key_of(target));
        auto* const owner = of_alias ? &into.aliases.at(target.qualifier) : nullptr;
        require_policy_revision(revision, kept, owner ? owner->revision : view.revision_id());
        edit(kept.statements);
        // That of a function counts on by one with the change.
        kept.revision = owner ? random_uuid() : fsm::revision_id(view.uid, view.revision + 1);
        if (owner) owner->revision = kept.revision;
        keep_policy(into, key_of(target), std::move(kept));
      });
  request->set_sequence(changed.sequence);
}

void add_statement(json::array& statements, const json::object& statement, const std::string& id) {
  if (find_statement(statements, id) != statements.end()) {
    throw refusal{{fault::resource_conflict,
                   "The statement id (" + id +
                       ") provided already exists. Please provide a new statement id, or remove "
                       "the existing statement.",
                   {}}};
  }
  statements.push_back(statement);
  const auto size = policy_text(statements).size();
  if (size <= policy_bytes_max) return;
  throw refusal{{fault::policy_length_exceeded,
                 "The final policy size (" + std::to_string(size) + ") is bigger than the limit (" +
                     std::to_string(policy_bytes_max) + ").",
                 {}}};
}

void remove_statement(json::array& statements, const std::string& id) {
  if (statements.empty()) {
    throw refusal{
        {fault::resource_not_found, "No policy is associated with the given resource.", {}}};
  }
  const auto found = find_statement(statements, id);
  if (found == statements.end()) {
    throw refusal{
        {fault::resource_not_found, "Statement " + id + " is not found in resource policy.", {}}};
  }
  statements.erase(found);
}

}  // namespace

void add_permission(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto wanted = read_permission(*request);
  if (target.qualifier == "$LATEST") {
    refuse_parameter("We currently do not support adding policies for $LATEST.");
  }
  const auto lock = request->where().locks.take(target.name);
  static_cast<void>(look_up_qualified(request->where(), target));
  const auto statement = statement_of(wanted, target);
  change_policy(request, target, wanted.revision,
                [&](json::array& statements) { add_statement(statements, statement, wanted.id); });
  request->answer(201, {{"Statement", json::serialize(statement)}});
}

void get_policy(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const refusal none{{fault::resource_not_found, "The resource you requested does not exist.", {}}};
  const bool can_have_one = target.qualifier.empty() || is_alias_name(target.qualifier) ||
                            is_version_number(target.qualifier);
  if (!can_have_one) throw none;
  const auto view = request->where().functions.get(entity_of(target));
  if (!view && view.error().code == fsm::errc::not_found) throw none;
  if (!view) throw refusal{explain_read(view.error(), target.qualified())};
  const auto kept =
      find_policy(parse_attributes(entity_of(target), view->metadata), key_of(target));
  if (kept.statements.empty()) throw none;
  request->answer(200, {{"Policy", policy_text(kept.statements)}, {"RevisionId", kept.revision}});
}

void remove_permission(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto& id = request->item_text();
  problems wrong;
  check_text(id, "statementId", stored_statement_id_rule, wrong);
  refuse_if(wrong.verdict());
  const auto& where = request->where();
  const auto lock = where.locks.take(target.name);
  const auto owner = where.functions.get(target.name);
  if (!owner && owner.error().code == fsm::errc::not_found) {
    throw refusal{{fault::resource_not_found, "No policy found for: " + target.shown_arn(), {}}};
  }
  static_cast<void>(look_up_qualified(where, target));
  json::array none;
  if (target.qualifier == "$LATEST") remove_statement(none, id);
  const auto* revision = request->target().parameter("RevisionId");
  change_policy(request, target, revision ? std::optional{*revision} : std::nullopt,
                [&](json::array& statements) { remove_statement(statements, id); });
  request->answer(204);
}

}  // namespace platform::wire
