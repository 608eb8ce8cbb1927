#include "wire/call.hpp"

#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace platform::wire {

call::call(const site& where, http::request request, wire::target target, std::string request_id,
           http::responder answer)
    : site_{where},
      request_{std::move(request)},
      target_{std::move(target)},
      request_id_{std::move(request_id)},
      answer_{std::move(answer)} {}

std::string_view call::header(std::string_view name) const {
  const auto found = request_.find(boost::beast::string_view{name.data(), name.size()});
  if (found == request_.end()) return {};
  return {found->value().data(), found->value().size()};
}

std::string call::host() const {
  const std::string_view target{request_.target().data(), request_.target().size()};
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) {
    return std::string{header("Host")};
  }
  const auto authority = target.substr(scheme + 3);
  return std::string{authority.substr(0, authority.find_first_of("/?"))};
}

http::response call::blank(unsigned status) const {
  http::response result{static_cast<http::proto::status>(status), 11};
  result.set("X-Amzn-Requestid", request_id_);
  if (sequence_ != 0) result.set("X-Fsm-Sequence", std::to_string(sequence_));
  return result;
}

void call::answer(unsigned status, const boost::json::object& body) const {
  auto result = blank(status);
  result.set(http::proto::field::content_type, "application/json");
  result.body() = boost::json::serialize(body);
  answer_(std::move(result));
}

void call::answer(unsigned status) const { answer_(blank(status)); }

void call::answer(http::response what) const { answer_(std::move(what)); }

void call::answer(http::response head, std::shared_ptr<http::stream_source> rest) const {
  answer_(http::answer{std::move(head), std::move(rest)});
}

void call::refuse(const failure& why) const {
  const auto& row = row_of(why.what);
  site_.log->debug("request refused request={} error={} status={}", request_id_, row.name,
                   row.status);
  answer_(to_response(why, request_id_));
}

}  // namespace platform::wire
