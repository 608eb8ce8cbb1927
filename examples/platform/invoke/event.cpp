#include "invoke/event.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <exception>

namespace platform::invoke {

namespace json = boost::json;

namespace {

std::int64_t to_number(fsm::timestamp when) { return when.time_since_epoch().count(); }

fsm::timestamp to_time(std::int64_t number) { return fsm::timestamp{fsm::duration{number}}; }

}  // namespace

std::string write_event(const event& what) {
  return json::serialize(json::object{{"request_id", what.request_id},
                                      {"function", what.function},
                                      {"qualifier", what.qualifier},
                                      {"invoked_arn", what.invoked_arn},
                                      {"client_context", what.client_context},
                                      {"trace_id", what.trace_id},
                                      {"accepted_at", to_number(what.accepted_at)},
                                      {"due", to_number(what.due)},
                                      {"runs", what.runs},
                                      {"breakdowns", what.breakdowns},
                                      {"payload_bytes", what.payload_bytes}});
}

std::optional<event> read_event(std::uint64_t id, std::string_view text) {
  boost::system::error_code problem;
  const auto parsed = json::parse(text, problem);
  if (problem || !parsed.is_object()) return std::nullopt;
  const auto& from = parsed.get_object();
  const auto word = [&](std::string_view name) {
    return json::value_to<std::string>(from.at(name));
  };
  const auto time = [&](std::string_view name) {
    return to_time(from.at(name).to_number<std::int64_t>());
  };
  try {
    event result;
    result.id = id;
    result.request_id = word("request_id");
    result.function = word("function");
    result.qualifier = word("qualifier");
    result.invoked_arn = word("invoked_arn");
    result.client_context = word("client_context");
    result.trace_id = word("trace_id");
    result.accepted_at = time("accepted_at");
    result.due = time("due");
    result.runs = from.at("runs").to_number<std::uint32_t>();
    result.breakdowns = from.at("breakdowns").to_number<std::uint32_t>();
    result.payload_bytes = from.at("payload_bytes").to_number<std::size_t>();
    return result;
  } catch (const std::exception&) {  // A member that is missing or of another type.
    return std::nullopt;
  }
}

}  // namespace platform::invoke
