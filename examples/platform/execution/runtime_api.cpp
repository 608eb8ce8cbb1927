#include "execution/runtime_api.hpp"

#include "wire/client_context.hpp"
#include "wire/digest.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>

namespace platform::execution {

namespace {

using http::proto::verb;

constexpr std::string_view base = "/2018-06-01/runtime/";
constexpr std::string_view invocation = "invocation/";
constexpr const char* error_type = "Lambda-Runtime-Function-Error-Type";
constexpr const char* error_body = "Lambda-Runtime-Function-Error-Body";

boost::beast::string_view view(std::string_view text) { return {text.data(), text.size()}; }

http::response json_message(unsigned status, std::string body) {
  http::response result{http::proto::int_to_status(status), 11};
  result.set(http::proto::field::content_type, "application/json");
  result.body() = std::move(body);
  result.prepare_payload();
  return result;
}

}  // namespace

runtime_request read_runtime_request(verb method, std::string_view target) {
  if (!target.starts_with(base)) return {};
  target.remove_prefix(base.size());
  if (method == verb::get) {
    return target == "invocation/next" ? runtime_request{runtime_call::next, {}}
                                       : runtime_request{};
  }
  if (method != verb::post) return {};
  if (target == "init/error") return {runtime_call::init_error, {}};
  if (!target.starts_with(invocation)) return {};
  target.remove_prefix(invocation.size());
  const auto end = target.find('/');
  const auto rest = end == std::string_view::npos ? "" : target.substr(end);
  const auto id = target.substr(0, end);
  if (rest == "/response") return {runtime_call::response, id};
  if (rest == "/error") return {runtime_call::error, id};
  return {};
}

std::string reported_error(const http::request_head& head, const std::string& body) {
  if (!body.empty()) return body;
  const auto found = head.find(error_type);
  const std::string_view type =
      found == head.end() ? "Runtime.Unknown"
                          : std::string_view{found->value().data(), found->value().size()};
  return boost::json::serialize(boost::json::object{
      {"errorType", view(type)}, {"errorMessage", "The runtime reported no more than that."}});
}

// The parser puts the fields of a trailer behind those of the head.
std::optional<std::string> late_error(const http::request& answer) {
  if (!answer.chunked() || answer.find(error_type) == answer.end()) return std::nullopt;
  const auto said = answer[error_body];
  return reported_error(answer, wire::base64_decode({said.data(), said.size()}).value_or(""));
}

http::response invocation_message(const invoke::invocation& what, fsm::timestamp deadline) {
  const auto at = std::chrono::floor<std::chrono::milliseconds>(deadline).time_since_epoch();
  http::response result{http::proto::status::ok, 11};
  result.set(http::proto::field::content_type, "application/json");
  result.set("Lambda-Runtime-Aws-Request-Id", what.request_id);
  result.set("Lambda-Runtime-Deadline-Ms", std::to_string(at.count()));
  result.set("Lambda-Runtime-Invoked-Function-Arn", what.invoked_arn);
  result.set("Lambda-Runtime-Trace-Id", what.trace_id);
  if (const auto context = wire::read_client_context(what.client_context))
    result.set("Lambda-Runtime-Client-Context", *context);
  result.body() = what.payload;
  result.prepare_payload();
  return result;
}

http::response accepted_message() { return json_message(202, R"({"status":"OK"})"); }

http::response refused_message(unsigned status, std::string_view type, std::string_view message) {
  return json_message(status, boost::json::serialize(boost::json::object{
                                  {"errorType", view(type)}, {"errorMessage", view(message)}}));
}

}  // namespace platform::execution
