#include "wire/service.hpp"

#include "wire/call.hpp"
#include "wire/digest.hpp"
#include "wire/operations.hpp"
#include "wire/routes.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace {

constexpr std::uint64_t code_request_bytes_max = 70'167'211;
constexpr std::uint64_t small_request_bytes_max = std::uint64_t{4} * 1024 * 1024;
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
  if (which && which->limit == body_limit::payload) return payload_bytes_max(head);
  return which && which->limit == body_limit::code ? code_request_bytes_max
                                                   : small_request_bytes_max;
}

failure body_too_large(const http::request_head& head, const std::string& size) {
  const auto found = match(head);
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
  auto path = std::string{text_of(head.target())};
  path = path.substr(0, path.find('?'));
  return {fault::resource_not_found,
          "There is no operation " + std::string{text_of(head.method_string())} + " " + path,
          {}};
}

// The one place that catches what an operation throws.
void run(const route& which, const call_ptr& request) {
  try {
    which.run(request);
  } catch (const std::exception& problem) {
    request->where().log->error("operation failed name={} request={} error=\"{}\"", which.name,
                                request->request_id(), problem.what());
    request->refuse({fault::service, "An internal error occurred.", {}});
  }
}

}  // namespace

std::uint64_t service::body_bytes_max(const http::request_head& head) const {
  return bytes_max(match(head).which, head);
}

http::response service::turn_away(http::problem why, const http::request_head* head,
                                  const std::string& detail) const {
  return to_response(to_failure(why, head, detail), random_uuid());
}

http::abandon service::handle(http::request what, http::responder answer) {
  auto request_id = random_uuid();
  auto where = target_of(what.base());
  auto found = where ? wire::match(what.method(), *where) : matched_route{};
  if (!found.which) {
    answer(to_response(no_such_operation(what.base()), request_id));
    return {};
  }
  const auto request = std::make_shared<call>(site_, std::move(what), *std::move(where),
                                              std::move(request_id), std::move(answer));
  request->set_function_text(std::move(found.function_text));
  if (request->body().size() > quick_bytes_max) {
    boost::asio::post(site_.workers, [request, which = found.which] { run(*which, request); });
    return {};
  }
  run(*found.which, request);
  return request->take_abandon();
}

}  // namespace platform::wire
