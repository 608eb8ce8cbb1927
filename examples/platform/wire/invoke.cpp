#include "invoke/engine.hpp"
#include "wire/client_context.hpp"
#include "wire/invoke_answers.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include "wire/resolve.hpp"
#include <fsm/step.hpp>

#include <boost/asio/post.hpp>

#include <array>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace platform::wire {

using namespace std::string_view_literals;

namespace {

constexpr std::uint64_t sync_bytes_max = 6'291'456;
constexpr std::uint64_t event_bytes_max = 1'048'576;
constexpr std::size_t client_context_max = 3583;

constexpr std::string_view type_header = "X-Amz-Invocation-Type";
constexpr std::array invocation_types{"Event"sv, "RequestResponse"sv, "DryRun"sv};
constexpr std::array stream_types{"RequestResponse"sv, "DryRun"sv};
constexpr std::array log_types{"None"sv, "Tail"sv};

std::string_view type_of(const http::request_head& head) {
  const auto found = head.find(boost::beast::string_view{type_header.data(), type_header.size()});
  if (found == head.end() || found->value().empty()) return "RequestResponse";
  return {found->value().data(), found->value().size()};
}

failure too_large(std::string_view type, const std::string& size, std::uint64_t limit) {
  return {fault::request_entity_too_large,
          size + " byte payload is too large for the " + std::string{type} +
              " invocation type (limit " + std::to_string(limit) + " bytes)",
          {}};
}

// When there is no such function the ARN is printed with $LATEST.
subject about(function_target target) {
  if (target.qualifier.empty()) target.qualifier = "$LATEST";
  return target.qualified();
}

// What an invocation is about, once its request has been read.
struct wanted {
  call_ptr request;
  function_target target;
  invoke::order what;

  void refuse(const failure& why) const { request->refuse(why); }
  void refuse(const fsm::error& why) const { refuse(explain_invoke(why, about(target))); }
};

// Goes on with what the request is about, when it is known; on a worker if that took a look, which
// ends inside the runtime.
void find_wanted(const call_ptr& request, function_target target,
                 std::function<void(wanted)> then) {
  wanted one{request, std::move(target), {}};
  const auto about_it = one.target;
  const bool looks = !about_it.latest() && !is_version_number(about_it.qualifier);
  auto found = [one = std::move(one),
                then = std::move(then)](const tl::expected<resolved, failure>& version) mutable {
    if (!version) return one.refuse(version.error());
    const auto& request = *one.request;
    one.what = {.name = version->entity,
                .function = one.target.name,
                .version = version->version,
                .invoked_arn = one.target.shown_arn(),
                .request_id = request.request_id(),
                .payload = request.body().empty() ? "{}" : request.body(),
                .client_context = std::string{request.header("X-Amz-Client-Context")},
                .trace_id = trace_id_of(request.header("X-Amzn-Trace-Id"))};
    then(std::move(one));
  };
  auto& functions = request->where().functions;
  if (!looks) return resolve(functions, about_it, std::move(found));
  resolve(functions, about_it,
          [request, found = std::move(found)](tl::expected<resolved, failure> version) {
            boost::asio::post(request->where().workers,
                              [found, version = std::move(version)]() mutable { found(version); });
          });
}

tl::expected<function_target, failure> read_invocation(const call_ptr& request,
                                                       std::span<const std::string_view> types) {
  problems found;
  check_text(type_of(request->request()), "invocationType", {.values = types}, found);
  if (const auto log = request->header("X-Amz-Log-Type"); !log.empty()) {
    check_text(log, "logType", {.values = log_types}, found);
  }
  const auto context = request->header("X-Amz-Client-Context");
  if (context.size() > client_context_max) {
    found.refuse(
        fault::invalid_request_content,
        "The client context must be at most " + std::to_string(client_context_max) + " bytes.");
  } else if (!context.empty() && !read_client_context(context)) {
    found.refuse(fault::invalid_request_content,
                 "Client context must be a valid Base64-encoded JSON object.");
  }
  auto target = find_target(*request, fsm::name_rule::lookup);
  if (!target) return target;
  if (auto wrong = found.verdict()) return tl::make_unexpected(*std::move(wrong));
  return target;
}

// Unless there is no such function, which counts before.
void refuse_existing(wanted one, failure why) {
  const auto name = one.what.name;
  one.request->where().functions.get(
      name, [one = std::move(one), why = std::move(why)](const auto& view) {
        if (view) return one.refuse(why);
        one.refuse(view.error());
      });
}

// Runs nothing: only says whether an invocation would be accepted. The lifecycle's table knows
// that.
void run_dry(wanted one) {
  const auto name = one.what.name;
  auto& functions = one.request->where().functions;
  const auto answered = [one = std::move(one)](const fsm::expected<fsm::function_view>& view) {
    if (!view) return one.refuse(view.error());
    const fsm::lifecycle_record record{.pair = view->pair(),
                                       .state_reason = view->state_reason_code,
                                       .update_reason = view->update_reason_code,
                                       .revision = view->revision,
                                       .since = view->since};
    const auto verdict = fsm::step(record, {.event = fsm::event::invoke_dry_run,
                                            .at = one.request->where().functions.clock().now()});
    fsm::error why{.code = fsm::errc::none,
                   .message = {},
                   .state = view->state,
                   .reason = view->state_reason_code};
    switch (verdict.answer) {
      case fsm::answer::pending: why.code = fsm::errc::function_pending; break;
      case fsm::answer::initializing: why.code = fsm::errc::function_initializing; break;
      case fsm::answer::failed: why.code = fsm::errc::function_failed; break;
      default: return one.request->answer(accepted(*one.request, 204, one.what.trace_id));
    }
    one.refuse(why);
  };
  functions.get(name, answered);
}

// Accepts it, with this answer, once it is kept.
void keep_event(wanted one, http::response answer) {
  const auto name = one.what.name;
  auto& functions = one.request->where().functions;
  functions.admit_async(name, [one = std::move(one), answer = std::move(answer)](
                                  const fsm::expected<fsm::function_view>& view) mutable {
    if (!view) return one.refuse(view.error());
    invoke::event event{.request_id = one.what.request_id,
                        .function = one.what.function,
                        .qualifier = one.target.qualifier,
                        .invoked_arn = one.what.invoked_arn,
                        .client_context = one.what.client_context,
                        .trace_id = one.what.trace_id};
    auto& events = one.request->where().invocations.events();
    auto payload = std::move(one.what.payload);
    events.add(std::move(event), std::move(payload),
               [one = std::move(one), answer = std::move(answer)](const auto& kept) {
                 if (!kept) return one.refuse(kept.error());
                 one.request->answer(answer);
               });
  });
}

void start_run(wanted one, bool streams) {
  auto what = one.what;  // The payload is only needed there.
  one.what.payload.clear();
  auto& runs = one.request->where().invocations.runs();
  runs.start(std::move(what), [one = std::move(one), streams](invoke::invoker::result result) {
    if (result) {
      return one.request->answer(streams
                                     ? stream_completed(*one.request, one.what, *result)
                                     : show_completed(*one.request, one.what, *std::move(result)));
    }
    auto why = explain_refusal(result.error(), about(one.target));
    if (!result.error().throttled) return one.refuse(why);
    refuse_existing(one, std::move(why));
  });
}

// A function that has to be asked may make its caller wait for the store, which a worker may.
void run_now(wanted one, bool streams) {
  const auto& where = one.request->where();
  if (where.functions.admits(one.what.name)) return start_run(std::move(one), streams);
  boost::asio::post(where.workers, [one = std::move(one), streams]() mutable {
    start_run(std::move(one), streams);
  });
}

void check_and(wanted one, const std::function<void(wanted)>& then) {
  const auto& payload = one.request->body();
  if (auto wrong = payload.empty() ? std::nullopt : check_payload(payload))
    return refuse_existing(std::move(one), *std::move(wrong));
  then(std::move(one));
}

void run_by_type(const call_ptr& request, std::span<const std::string_view> types, bool streams) {
  auto target = read_invocation(request, types);
  if (!target) return request->refuse(target.error());
  find_wanted(request, *std::move(target), [streams](wanted found) {
    check_and(std::move(found), [streams](wanted one) {
      const auto type = type_of(one.request->request());
      if (type == "DryRun") return run_dry(std::move(one));
      if (type != "Event") return run_now(std::move(one), streams);
      auto answer = accepted(*one.request, 202, one.what.trace_id);
      keep_event(std::move(one), std::move(answer));
    });
  });
}

}  // namespace

std::uint64_t payload_bytes_max(const http::request_head& head) {
  return type_of(head) == "Event" ? event_bytes_max : sync_bytes_max;
}

failure payload_too_large(const http::request_head& head, const std::string& size) {
  return too_large(type_of(head), size, payload_bytes_max(head));
}

void invoke(const call_ptr& request) { run_by_type(request, invocation_types, false); }

void invoke_with_response_stream(const call_ptr& request) {
  run_by_type(request, stream_types, true);
}

void invoke_async(const call_ptr& request) {
  auto target = find_target(*request, fsm::name_rule::lookup);
  if (!target) return request->refuse(target.error());
  const auto size = request->body().size();
  if (size > event_bytes_max)
    return request->refuse(too_large("Event", std::to_string(size), event_bytes_max));
  find_wanted(request, *std::move(target), [](wanted found) {
    check_and(std::move(found), [](wanted one) {
      auto answer = accepted(*one.request, 202, one.what.trace_id);
      answer.set(http::proto::field::content_type, "application/json");
      answer.body() = R"({"Status":202})";
      keep_event(std::move(one), std::move(answer));
    });
  });
}

}  // namespace platform::wire
