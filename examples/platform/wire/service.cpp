#include "wire/service.hpp"

#include "metrics.hpp"
#include "wire/call.hpp"
#include "wire/coverage.hpp"
#include "wire/digest.hpp"
#include "wire/doors.hpp"
#include "wire/operations.hpp"
#include "wire/routes.hpp"
#include "wire/steps.hpp"
#include <fsm/quoted.hpp>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace platform::wire {

// A request that has arrived, until it is known who works on it.
struct arrival {
  http::request what;
  http::responder answer;
  target where;
  matched_route found;
  std::string request_id;
};

namespace {

constexpr std::uint64_t code_request_bytes_max = 70'167'211;
constexpr std::uint64_t small_request_bytes_max = std::uint64_t{4} * 1024 * 1024;
constexpr std::uint64_t form_bytes_max = std::uint64_t{4} * 1024;
// A longer body takes so long to read that the server's threads leave it to others.
constexpr std::size_t quick_bytes_max = std::size_t{64} * 1024;

std::string_view text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::optional<target> target_of(const http::request_head& head) {
  return parse_target(text_of(head.target()));
}

matched_route match(const http::request_head& head) {
  const auto where = target_of(head);
  return where ? match(head.method(), *where) : matched_route{};
}

std::uint64_t bytes_max(const route* which, const http::request_head& head) {
  switch (which ? which->limit : body_limit::small) {
    case body_limit::code: return code_request_bytes_max;
    case body_limit::payload: return payload_bytes_max(head);
    case body_limit::small: return small_request_bytes_max;
    case body_limit::form: return form_bytes_max;
    case body_limit::none: return 0;
  }
  return 0;
}

// Nor does anybody read the body of a request that has no readable target.
bool takes_no_body(const http::request_head& head, const matched_route& found) {
  return found.which ? found.which->limit == body_limit::none : !target_of(head);
}

failure body_too_large(const http::request_head& head, const std::string& size) {
  const auto found = match(head);
  if (takes_no_body(head, found)) {
    return {fault::request_entity_too_large, "The request must not have a body.", {}};
  }
  if (found.which && found.which->limit == body_limit::payload)
    return payload_too_large(head, size);
  const auto limit = std::to_string(bytes_max(found.which, head));
  const auto name = found.which ? std::string{found.which->name} : "requested";
  return {fault::request_entity_too_large,
          "Request must be smaller than " + limit + " bytes for the " + name + " operation",
          {}};
}

failure to_failure(http::problem why, const http::request_head* head, const std::string& detail) {
  switch (why) {
    case http::problem::malformed: return {fault::invalid_request_content, detail, {}};
    case http::problem::head_too_large:
      return {fault::request_entity_too_large, "The request's header fields are too long.", {}};
    case http::problem::body_too_large:
      if (head) return body_too_large(*head, detail);
      return {fault::request_entity_too_large, "The request is too long.", {}};
    case http::problem::foreign: return {fault::access_denied, detail, {}};
    case http::problem::overloaded:
      return {fault::service_unavailable, "There are too many connections.", {}};
    case http::problem::stopping:
      return {fault::service_unavailable, "The service is being stopped.", {}};
    case http::problem::no_answer: return {fault::service, "An internal error occurred.", {}};
  }
  return {};
}

failure no_such_operation(const http::request_head& head) {
  const auto where = target_of(head);
  if (const auto* known = where ? find_operation(head.method(), *where) : nullptr) {
    return {fault::invalid_parameter_value,
            "The operation " + std::string{known->name} + " is not supported.",
            {}};
  }
  auto path = std::string{text_of(head.target())};
  path = path.substr(0, path.find('?'));
  return {fault::resource_not_found,
          "There is no operation " + std::string{text_of(head.method_string())} + " " + path,
          {}};
}

// Signatures are made with the time of the world outside, also when the platform's is virtual.
std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::optional<failure> objection(const site& where, arrival& one) {
  const auto which = door_of(one.found, one.where);
  if (auto wrong = refuse(one.what, which, where.keys, where.region, now())) return wrong;
  if (!one.found.which) return no_such_operation(one.what.base());
  const auto size = one.what.body().size();  // Which it did not have while it was packed.
  if (size <= bytes_max(one.found.which, one.what.base())) return std::nullopt;
  return body_too_large(one.what.base(), std::to_string(size));
}

// The one place that catches what an operation throws.
http::abandon run(const site& where, arrival one) {
  if (auto wrong = objection(where, one)) {
    const auto& row = row_of(wrong->what);
    where.log->debug("request refused request={} error={} status={}", one.request_id, row.name,
                     row.status);
    one.answer(to_response(*wrong, one.request_id));
    return {};
  }
  const auto request = std::make_shared<call>(where, std::move(one.what), std::move(one.where),
                                              std::move(one.request_id), std::move(one.answer));
  request->set_path_texts(std::move(one.found.function_text), std::move(one.found.item_text));
  try {
    one.found.which->run(request);
  } catch (const refusal& wrong) {
    request->refuse(wrong.why());
  } catch (const std::exception& problem) {
    where.log->error("operation failed name={} request={} error={}", one.found.which->name,
                     request->request_id(), fsm::quoted(problem.what()));
    request->refuse({fault::service, "An internal error occurred.", {}});
  }
  return request->take_abandon();
}

}  // namespace

http::responder service::counted(const route* which, std::chrono::steady_clock::time_point start,
                                 http::responder answer) const {
  return [this, which, start, answer = std::move(answer)](http::answer what) {
    const auto took = std::chrono::steady_clock::now() - start;
    site_.measured.requests.count(operation_number(which), what.result_int(),
                                  text_of(what["X-Amzn-Errortype"]), took);
    site_.log->debug("request answered operation={} status={} took_us={} request={}",
                     which ? which->name : "none", what.result_int(),
                     std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
                     text_of(what["X-Amzn-Requestid"]));
    answer(std::move(what));
  };
}

http::response service::refused_early(const http::request_head* head, const failure& why) const {
  const auto found = head ? match(*head) : matched_route{};
  const auto& row = row_of(why.what);
  const auto request_id = random_uuid();
  site_.measured.requests.count(operation_number(found.which), row.status, row.name, std::nullopt);
  site_.log->debug("request refused early operation={} error={} status={} request={}",
                   found.which ? found.which->name : "none", row.name, row.status, request_id);
  return to_response(why, request_id);
}

std::optional<http::response> service::refuse_by_head(const http::request_head& head) const {
  if (!site_.keys.any()) return std::nullopt;
  const auto where = target_of(head);
  if (!where) return std::nullopt;
  const auto which = door_of(wire::match(head.method(), *where), *where);
  const auto wrong = wire::refuse_by_head(head, which, site_.keys, site_.region, now());
  if (!wrong) return std::nullopt;
  return refused_early(&head, *wrong);
}

std::uint64_t service::body_bytes_max(const http::request_head& head) const {
  const auto found = match(head);
  if (takes_no_body(head, found)) return 0;
  return packed_bytes_max(head, bytes_max(found.which, head));
}

http::response service::turn_away(http::problem why, const http::request_head* head,
                                  const std::string& detail) const {
  return refused_early(head, to_failure(why, head, detail));
}

http::abandon service::handle(http::request what, http::responder answer) {
  const auto start = std::chrono::steady_clock::now();
  auto request_id = random_uuid();
  auto where = target_of(what.base());
  if (!where) {
    answer = counted(nullptr, start, std::move(answer));
    answer(to_response(no_such_operation(what.base()), request_id));
    return {};
  }
  auto found = wire::match(what.method(), *where);
  answer = counted(found.which, start, std::move(answer));
  arrival one{std::move(what), std::move(answer), *std::move(where), std::move(found),
              std::move(request_id)};
  const bool may_wait = one.found.which && one.found.which->runs == run_on::worker;
  if (!may_wait && one.what.body().size() <= quick_bytes_max) return run(site_, std::move(one));
  run_later(std::move(one));
  return {};
}

void service::run_later(arrival one) {
  const bool is_operator = door_of(one.found, one.where) != door::signature;
  const std::size_t most = waiting_max + (is_operator ? waiting_more_for_operators : 0);
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= most) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    const auto busy = explain({.code = fsm::errc::too_many_requests, .message = {}}, {});
    return one.answer(to_response(busy, one.request_id));
  }
  boost::asio::post(site_.workers, [this, one = std::move(one)]() mutable {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    run(site_, std::move(one));
  });
}

}  // namespace platform::wire
