#include "wire/invoke_answers.hpp"

#include "wire/digest.hpp"
#include "wire/event_stream.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t log_bytes_max = 4096;
constexpr std::size_t trace_id_max = 512;

double milliseconds(std::chrono::microseconds span) {
  return static_cast<double>(span.count()) / 1000;
}

std::string report_line(const std::string& request_id, const invoke::completed& ran) {
  const auto& what = ran.what;
  const auto billed = std::max<std::int64_t>(
      std::chrono::ceil<std::chrono::milliseconds>(what.duration).count(), 1);
  auto line = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax "
      "Memory Used: {} MB\t",
      request_id, milliseconds(what.duration), billed, ran.memory_mb, what.memory_used_mb);
  if (what.init_duration)
    line += fmt::format("Init Duration: {:.2f} ms\t", milliseconds(*what.init_duration));
  return line + "\n";
}

failure throttled(fsm::concurrency_refusal by) {
  return {fault::too_many_requests, "Rate Exceeded.",
          by == fsm::concurrency_refusal::reserved
              ? "ReservedFunctionConcurrentInvocationLimitExceeded"
              : "ConcurrentInvocationLimitExceeded"};
}

// What kind of error a function ended with, by its own account.
std::string error_type(const std::string& payload) {
  json::error_code problem;
  const auto parsed = json::parse(payload, problem);
  const auto* object = parsed.if_object();
  const auto* type = object ? object->if_contains("errorType") : nullptr;
  return type && type->is_string() ? std::string{type->get_string().c_str()} : "Unhandled";
}

}  // namespace

// If there is none: 8 and 24 digits, by chance.
std::string trace_id_of(std::string_view given) {
  const bool is_text =
      std::all_of(given.begin(), given.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (is_text && given.size() <= trace_id_max && given.find("Root=") != std::string_view::npos)
    return std::string{given};
  auto digits = random_uuid();
  std::erase(digits, '-');
  return "Root=1-" + digits.substr(0, 8) + "-" + digits.substr(8) + ";Sampled=0";
}

http::response accepted(const call& request, unsigned status, std::string_view trace_id) {
  auto answer = request.blank(status);
  answer.set("X-Amzn-Remapped-Content-Length", "0");
  answer.set("X-Amzn-Trace-Id", boost::beast::string_view{trace_id.data(), trace_id.size()});
  return answer;
}

failure explain_refusal(const invoke::refusal& why, const subject& about) {
  return why.throttled ? throttled(*why.throttled) : explain_invoke(why.why, about);
}

std::string log_tail(const std::string& request_id, std::string_view version,
                     const invoke::completed& ran) {
  auto text = fmt::format("START RequestId: {} Version: {}\n", request_id, version) + ran.what.log;
  if (!text.ends_with('\n')) text += '\n';
  text += fmt::format("END RequestId: {}\n", request_id) + report_line(request_id, ran);
  if (text.size() > log_bytes_max) text.erase(0, text.size() - log_bytes_max);
  return base64_encode(text);
}

http::response show_completed(const call& request, const invoke::order& what,
                              invoke::completed ran) {
  auto answer = accepted(request, 200, what.trace_id);
  answer.set(http::proto::field::content_type, "application/json");
  answer.set("X-Amz-Executed-Version", what.version);
  if (!ran.what.function_error.empty()) answer.set("X-Amz-Function-Error", ran.what.function_error);
  if (request.header("X-Amz-Log-Type") == "Tail")
    answer.set("X-Amz-Log-Result", log_tail(request.request_id(), what.version, ran));
  answer.body() = std::move(ran.what.payload);
  return answer;
}

http::response stream_completed(const call& request, const invoke::order& what,
                                const invoke::completed& ran) {
  auto answer = accepted(request, 200, what.trace_id);
  answer.set(http::proto::field::content_type, "application/vnd.amazon.eventstream");
  answer.set("X-Amz-Executed-Version", what.version);
  json::object end;
  if (!ran.what.function_error.empty()) {
    end["ErrorCode"] = error_type(ran.what.payload);
    end["ErrorDetails"] = ran.what.payload;
  } else {
    answer.body() = stream_message("PayloadChunk", "application/octet-stream", ran.what.payload);
  }
  if (request.header("X-Amz-Log-Type") == "Tail")
    end["LogResult"] = log_tail(request.request_id(), what.version, ran);
  answer.body() += stream_message("InvokeComplete", "application/json", json::serialize(end));
  return answer;
}

}  // namespace platform::wire
