#include "wire/control.hpp"

#include "invoke/engine.hpp"
#include "times.hpp"
#include "wire/configuration.hpp"
#include "wire/control_bodies.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/resolve.hpp"
#include "wire/steps.hpp"
#include <fsm/condition.hpp>

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

// What is counted where nobody reads the answer any more.
constexpr unsigned client_gone = 499;
constexpr fsm::duration wait_default = std::chrono::seconds{30};
constexpr fsm::duration wait_max = std::chrono::hours{24};
// A later time would not have a year of four digits.
constexpr fsm::timestamp clock_max = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

struct named_condition {
  std::string_view name;
  const fsm::condition* what;
};

constexpr std::array conditions{
    named_condition{"active", &fsm::active},     named_condition{"settled", &fsm::settled},
    named_condition{"inactive", &fsm::inactive}, named_condition{"gone", &fsm::gone},
    named_condition{"ready", &fsm::ready},       named_condition{"exists", &fsm::exists}};

failure invalid(std::string message) {
  return {fault::invalid_parameter_value, std::move(message), {}};
}

json::object time_body(const site& where) {
  return {{"now", iso_text(where.functions.clock().now())}};
}

// What a wait was asked for.
struct wait_request {
  function_target target;
  fsm::condition what{};
  fsm::duration timeout = wait_default;
};

tl::expected<wait_request, failure> read_wait(const call& request) {
  auto target = find_target(request, fsm::name_rule::lookup);
  if (!target) return tl::make_unexpected(target.error());
  if (!target->latest() && !is_version_number(target->qualifier))
    return tl::make_unexpected(bad_parameter("Qualifier", target->qualifier,
                                             "a version's number, as an alias has no State"));
  wait_request result{.target = *std::move(target)};
  const auto* wanted = request.target().parameter("for");
  const auto named = std::find_if(conditions.begin(), conditions.end(), [wanted](const auto& each) {
    return wanted && each.name == *wanted;
  });
  if (named == conditions.end()) {
    return tl::make_unexpected(
        invalid("for: it must be one of active, settled, inactive, gone, ready, exists"));
  }
  result.what = *named->what;
  if (const auto* timeout = request.target().parameter("timeout")) {
    const auto span = parse_duration(*timeout);
    if (!span || *span > wait_max) {
      return tl::make_unexpected(
          bad_parameter("timeout", *timeout, "at most 24h, and " + std::string{duration_rule}));
    }
    result.timeout = *span;
  }
  if (const auto* after = request.target().parameter("after")) {
    const auto sequence = parse_number(*after);
    if (!sequence)
      return tl::make_unexpected(bad_parameter("after", *after, "the sequence of a transition"));
    result.what.after = *sequence;
  }
  return result;
}

failure explain_wait(const fsm::error& why, const wait_request& wanted) {
  if (why.code != fsm::errc::unreachable) return explain(why, wanted.target.unqualified());
  return {fault::resource_conflict,
          why.state == fsm::state::none
              ? "It can no longer happen: the function is gone"
              : "It can no longer happen: the function is currently in the following state: " +
                    std::string{fsm::wire_name(why.state)},
          {}};
}

failure explain_checkpoint(const fsm::error& why) {
  if (why.code == fsm::errc::stopped || why.code == fsm::errc::too_many_requests)
    return explain(why, {});
  if (why.code != fsm::errc::invalid_argument) return {fault::service, why.message, {}};
  return {fault::resource_conflict,
          "Nothing is kept on disk: start without --memory to make checkpoints.",
          {}};
}

// The functions have been copied: now the events, so that none is of a function that is not there.
void finish_checkpoint(const call_ptr& request, const std::string& name) {
  if (const auto copied = request->where().invocations.events().checkpoint(name); !copied)
    return request->refuse(explain_checkpoint(copied.error()));
  request->where().log->info("checkpoint made name={}", name);
  request->answer(200, json::object{{"checkpoint", name}});
}

}  // namespace

void show_health(const call_ptr& request) {
  const auto& functions = request->where().functions;
  const auto well = functions.health();
  json::object body{{"status", well ? "ok" : "failed"}, {"functions", functions.size()}};
  if (!well) body["reason"] = well.error().message;
  request->answer(well ? 200 : 503, body);
}

void make_checkpoint(const call_ptr& request) {
  request->where().code.checkpoint([request](const fsm::expected<std::string>& name) {
    if (!name) return request->refuse(explain_checkpoint(name.error()));
    boost::asio::post(request->where().workers,
                      [request, name = *name] { finish_checkpoint(request, name); });
  });
}

void show_event_invokes(const call_ptr& request) {
  const auto counted = request->where().invocations.events().counters();
  json::object dropped;
  for (std::size_t i = 0; i < counted.dropped.size(); ++i)
    dropped[to_string(static_cast<invoke::drop_reason>(i))] = counted.dropped[i];
  request->answer(200, json::object{{"queued", counted.queued},
                                    {"in_flight", counted.in_flight},
                                    {"delivered", counted.delivered},
                                    {"retried", counted.retried},
                                    {"dropped", std::move(dropped)}});
}

void show_clock(const call_ptr& request) { request->answer(200, time_body(request->where())); }

void advance_clock(const call_ptr& request) {
  if (!request->where().virtual_clock) {
    return request->refuse({fault::resource_conflict,
                            "The clock moves by itself: start with --virtual-clock to move it.",
                            {}});
  }
  const auto body = parse_body(request->body());
  if (!body) return request->refuse(body.error());
  problems found;
  const members given{*body, "", found};
  given.require("advance");
  const auto text = given.text("advance");
  if (auto wrong = found.verdict()) return request->refuse(*wrong);
  const auto span = parse_duration(*text);
  if (!span) return request->refuse(bad_parameter("advance", *text, duration_rule));
  if (*span > clock_max - request->where().virtual_clock->now()) {
    return request->refuse(invalid(
        "advance: '" + *text + "' is not allowed; it must not go beyond " + iso_text(clock_max)));
  }
  boost::asio::post(*request->where().timekeeper, [request, span = *span] {
    request->where().virtual_clock->advance(span);
    request->answer(200, time_body(request->where()));
  });
}

void show_world(const call_ptr& request) {
  request->answer(200, request->where().cloud.describe());
}

void change_world(const call_ptr& request) {
  auto& cloud = request->where().cloud;
  if (auto changed = cloud.replace(request->body()); !changed) {
    return request->refuse(invalid(changed.error().message));
  }
  request->answer(200, cloud.describe());
}

void wait_for(const call_ptr& request) {
  auto wanted = read_wait(*request);
  if (!wanted) return request->refuse(wanted.error());
  const auto name = entity_of(wanted->target);
  const auto what = wanted->what;
  const auto timeout = wanted->timeout;
  auto waiter = request->where().functions.wait(
      name, what, timeout,
      [request, wanted = *std::move(wanted)](const fsm::expected<fsm::function_view>& view) {
        if (view) return request->answer(200, function_body(*view));
        if (view.error().code == fsm::errc::cancelled) return request->answer(client_gone);
        request->refuse(explain_wait(view.error(), wanted));
      });
  // The waiter stays armed until it fires; only a client that hangs up takes it back.
  const auto let_go = [](fsm::subscription* which) {
    which->detach();
    delete which;
  };
  const std::shared_ptr<fsm::subscription> held{new fsm::subscription{std::move(waiter)}, let_go};
  request->set_abandon([held] { held->cancel(); });
}

}  // namespace platform::wire
