// What the platform tells of functions beside the Lambda API.
#include "times.hpp"
#include "wire/control.hpp"
#include "wire/control_bodies.hpp"
#include "wire/names.hpp"
#include "wire/resolve.hpp"
#include "wire/steps.hpp"
#include <fsm/lifecycle.hpp>
#include <fsm/render.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t list_default = 100;
constexpr std::size_t list_max = 1000;

// The situations whose State or LastUpdateStatus is one of a list: "Active,Failed". All of them for
// a parameter that was not given.
template <class Get>
fsm::pair_set situations(const call& request, std::string_view name, std::string_view rule,
                         Get get) {
  const auto* given = request.target().parameter(name);
  if (!given) return fsm::table_words::existing;
  fsm::pair_set result;
  std::string_view rest{*given};
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    const auto wanted = rest.substr(0, comma);
    bool known = false;
    for (std::size_t i = 1; i < fsm::legal_pairs.size(); ++i) {
      if (fsm::wire_name(get(fsm::legal_pairs[i])) != wanted || wanted.empty()) continue;
      known = true;
      result.bits = static_cast<decltype(result.bits)>(result.bits | 1U << i);
    }
    if (!known) refuse_parameter(name, wanted, rule);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return result;
}

std::uint64_t number(const call& request, std::string_view name, std::uint64_t otherwise) {
  const auto* given = request.target().parameter(name);
  if (!given) return otherwise;
  const auto value = parse_number(*given);
  if (!value) refuse_parameter(name, *given, "a whole number");
  return *value;
}

fsm::list_request read_list(const call& request) {
  fsm::list_request what{.with_details = true};
  const auto by_state =
      situations(request, "state", "Pending, Active, Inactive or Failed, or several with commas",
                 [](fsm::pair p) { return p.state; });
  const auto by_update = situations(request, "last_update_status",
                                    "InProgress, Successful or Failed, or several with commas",
                                    [](fsm::pair p) { return p.update_status; });
  what.pairs.bits = static_cast<decltype(what.pairs.bits)>(by_state.bits & by_update.bits);
  if (const auto* code = request.target().parameter("reason_code")) {
    what.reason = fsm::parse_reason_code(*code);
    if (!what.reason) refuse_parameter("reason_code", *code, "a reason code, as in ImageDeleted");
  }
  if (const auto* prefix = request.target().parameter("prefix")) what.prefix = *prefix;
  what.limit = number(request, "limit", list_default);
  if (what.limit < 1 || what.limit > list_max)
    refuse_parameter("limit", std::to_string(what.limit), "from 1 to " + std::to_string(list_max));
  what.cursor = number(request, "cursor", number(request, "after", 0));
  return what;
}

json::value time_or_null(const std::optional<fsm::timestamp>& when) {
  return when ? json::value(iso_text(*when)) : json::value{};
}

json::value attempt_body(const std::optional<fsm::attempt_status>& attempt) {
  if (!attempt) return nullptr;
  return json::object{{"kind", fsm::to_string(attempt->kind)},
                      {"number", attempt->token.number},
                      {"phase", fsm::to_string(attempt->phase)},
                      {"tries", attempt->tries},
                      {"tries_max", attempt->tries_max},
                      {"next", time_or_null(attempt->next)},
                      {"gives_up_at", time_or_null(attempt->gives_up_at)}};
}

// The platform leaves the choices of the lifecycle at their defaults.
bool applies_by_default(fsm::guard when) {
  return when != fsm::guard::failed_accepts && when != fsm::guard::pending_closed &&
         when != fsm::guard::tags_lenient;
}

json::array transitions_body(const std::vector<fsm::transition>& all) {
  json::array result;
  for (const auto& each : all) result.push_back(transition_body(each));
  return result;
}

}  // namespace

void show_history(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  auto all = request->where().functions.history(look_up_entity(request->where(), target));
  if (!all) throw refusal{explain_read(all.error(), target.qualified())};
  for (auto& each : *all) each.name.clear();  // Whoever asks knows it.
  request->answer(200, json::object{{"transitions", transitions_body(*all)}});
}

void query_functions(const call_ptr& request) {
  const auto what = read_list(*request);
  json::array functions;
  json::object body;
  if (!what.pairs.empty()) {
    const auto page = request->where().functions.list(what);
    if (!page) throw refusal{explain(page.error(), {})};
    for (const auto& each : page->functions) functions.push_back(function_body(each));
    if (page->cursor != 0) body["cursor"] = std::to_string(page->cursor);
  }
  body["functions"] = std::move(functions);
  request->answer(200, body);
}

void show_explanation(const call_ptr& request) {
  const auto target = need(find_target(*request, fsm::name_rule::lookup));
  const auto found = request->where().functions.explain(look_up_entity(request->where(), target));
  if (!found) throw refusal{explain_read(found.error(), target.qualified())};
  auto body = function_body(found->now);
  json::array sentences;
  for (auto& each : fsm::sentences(*found)) sentences.push_back(json::string{each});
  body["sentences"] = std::move(sentences);
  body["causes"] = transitions_body(found->causes);
  body["attempt"] = attempt_body(found->attempt);
  body["in_flight"] = found->in_flight;
  body["last_used"] = time_or_null(found->last_used);
  body["idle_at"] = time_or_null(found->idle_at);
  body["restore_pause_until"] = time_or_null(found->restore_pause_until);
  json::array calls;
  for (const auto& each : found->calls) {
    calls.push_back(json::object{{"call", fsm::to_string(each.event)},
                                 {"accepted", each.answer == fsm::answer::accepted},
                                 {"answer", fsm::to_string(each.answer)},
                                 {"rule", each.rule}});
  }
  body["calls"] = std::move(calls);
  request->answer(200, body);
}

void show_lifecycle(const call_ptr& request) {
  json::array situations;
  for (const auto& each : fsm::legal_pairs) {
    auto one = pair_body(each);
    one["name"] = fsm::situation_name(each);
    situations.push_back(std::move(one));
  }
  // One arrow per pair of situations, whatever takes it.
  struct arrow {
    json::array events, rules;
  };
  std::map<std::pair<std::size_t, std::size_t>, arrow> arrows;
  for (const auto& row : fsm::lifecycle) {
    if (row.stays || !applies_by_default(row.when)) continue;
    for (std::size_t from = 0; from < fsm::legal_pairs.size(); ++from) {
      if (!row.from.contains(from)) continue;
      auto& one = arrows[{from, fsm::index_of(row.to)}];
      one.rules.push_back(json::string{row.id.data(), row.id.size()});
      for (std::size_t e = 0; e < fsm::event_count; ++e) {
        const auto name = fsm::to_string(static_cast<fsm::event>(e));
        const auto text = json::value(json::string{name.data(), name.size()});
        const bool known =
            std::find(one.events.begin(), one.events.end(), text) != one.events.end();
        if (row.on.contains(e) && !known) one.events.push_back(text);
      }
    }
  }
  json::array list;
  for (auto& [ends, one] : arrows) {
    list.push_back(json::object{{"from", fsm::situation_name(fsm::legal_pairs[ends.first])},
                                {"to", fsm::situation_name(fsm::legal_pairs[ends.second])},
                                {"events", std::move(one.events)},
                                {"rules", std::move(one.rules)}});
  }
  request->answer(200,
                  json::object{{"situations", std::move(situations)}, {"arrows", std::move(list)}});
}

}  // namespace platform::wire
