#include "wire/digest.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include <fsm/admission.hpp>
#include <fsm/step.hpp>

#include <array>
#include <utility>

namespace platform::wire {

using namespace std::string_view_literals;

namespace {

constexpr std::uint64_t sync_bytes_max = 6'291'456;
constexpr std::uint64_t event_bytes_max = 1'048'576;
constexpr std::size_t client_context_max = 3583;

constexpr std::string_view type_header = "X-Amz-Invocation-Type";
constexpr std::array invocation_types{"Event"sv, "RequestResponse"sv, "DryRun"sv};
constexpr std::array log_types{"None"sv, "Tail"sv};

std::string_view type_of(const http::request_head& head) {
  const auto found = head.find(boost::beast::string_view{type_header.data(), type_header.size()});
  if (found == head.end() || found->value().empty()) return "RequestResponse";
  return {found->value().data(), found->value().size()};
}

tl::expected<function_target, failure> read_invocation(const call& request) {
  problems found;
  check_text(type_of(request.request()), "invocationType", {.values = invocation_types}, found);
  if (const auto log = request.header("X-Amz-Log-Type"); !log.empty()) {
    check_text(log, "logType", {.values = log_types}, found);
  }
  if (request.header("X-Amz-Client-Context").size() > client_context_max) {
    found.refuse(
        fault::invalid_request_content,
        "The client context must be at most " + std::to_string(client_context_max) + " bytes.");
  }
  auto target = find_target(request, fsm::name_rule::lookup);
  if (!target) return target;
  if (auto wrong = found.verdict()) return tl::make_unexpected(*std::move(wrong));
  return target;
}

// When there is no such function the ARN is printed with $LATEST.
subject about(function_target target) {
  if (target.qualifier.empty()) target.qualifier = "$LATEST";
  return target.qualified();
}

std::string log_text(const call& request) {
  const auto& id = request.request_id();
  return "START RequestId: " + id + " Version: $LATEST\nEND RequestId: " + id +
         "\nREPORT RequestId: " + id +
         "\tDuration: 0.01 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 1 "
         "MB\t\n";
}

// 8 and 24 digits, by chance.
std::string trace_id() {
  auto digits = random_uuid();
  std::erase(digits, '-');
  return "Root=1-" + digits.substr(0, 8) + "-" + digits.substr(8) + ";Sampled=0";
}

// With the header fields that every accepted invocation has.
http::response accepted(const call& request, unsigned status) {
  auto answer = request.blank(status);
  answer.set("X-Amzn-Remapped-Content-Length", "0");
  answer.set("X-Amzn-Trace-Id", trace_id());
  return answer;
}

void answer_synchronously(const call_ptr& request) {
  auto answer = accepted(*request, 200);
  answer.set(http::proto::field::content_type, "application/json");
  answer.set("X-Amz-Executed-Version", "$LATEST");
  if (request->header("X-Amz-Log-Type") == "Tail") {
    answer.set("X-Amz-Log-Result", base64_encode(log_text(*request)));
  }
  answer.body() = request->body().empty() ? "{}" : request->body();
  request->answer(std::move(answer));
}

// Runs nothing: only says whether an invocation would be accepted. The lifecycle's table knows
// that.
void run_dry(const call_ptr& request, const function_target& target) {
  const auto answered = [request, target](const fsm::expected<fsm::function_view>& view) {
    if (!view) return request->refuse(explain_invoke(view.error(), about(target)));
    const fsm::lifecycle_record record{.pair = view->pair(),
                                       .state_reason = view->state_reason_code,
                                       .update_reason = view->update_reason_code,
                                       .revision = view->revision,
                                       .since = view->since};
    const auto verdict = fsm::step(record, {.event = fsm::event::invoke_dry_run,
                                            .at = request->where().functions.clock().now()});
    fsm::error why{.code = fsm::errc::none,
                   .message = {},
                   .state = view->state,
                   .reason = view->state_reason_code};
    switch (verdict.answer) {
      case fsm::answer::pending: why.code = fsm::errc::function_pending; break;
      case fsm::answer::initializing: why.code = fsm::errc::function_initializing; break;
      case fsm::answer::failed: why.code = fsm::errc::function_failed; break;
      default: return request->answer(accepted(*request, 204));
    }
    request->refuse(explain_invoke(why, about(target)));
  };
  request->where().functions.get(target.name, answered);
}

}  // namespace

std::uint64_t payload_bytes_max(const http::request_head& head) {
  return type_of(head) == "Event" ? event_bytes_max : sync_bytes_max;
}

failure payload_too_large(const http::request_head& head, const std::string& size) {
  return {fault::request_entity_too_large,
          size + " byte payload is too large for the " + std::string{type_of(head)} +
              " invocation type (limit " + std::to_string(payload_bytes_max(head)) + " bytes)",
          {}};
}

void invoke(const call_ptr& request) {
  auto target = read_invocation(*request);
  if (!target) return request->refuse(target.error());
  if (!target->latest()) return request->refuse(no_such_version(*target));
  auto wrong_payload = request->body().empty() ? std::nullopt : check_payload(request->body());
  if (wrong_payload) {  // Unless there is no such function, which counts before.
    const auto name = target->name;
    return request->where().functions.get(
        name, [request, target = *std::move(target),
               wrong = *std::move(wrong_payload)](const auto& view) {
          request->refuse(view ? wrong : explain_invoke(view.error(), about(target)));
        });
  }
  const auto type = type_of(request->request());
  if (type == "DryRun") return run_dry(request, *target);
  const auto admission = request->where().functions.admit(target->name);
  if (!admission)
    return request->refuse(explain_invoke(admission.error(), about(*std::move(target))));
  if (type == "Event") return request->answer(accepted(*request, 202));
  answer_synchronously(request);
}

}  // namespace platform::wire
