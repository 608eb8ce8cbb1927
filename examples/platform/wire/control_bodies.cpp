#include "wire/control_bodies.hpp"

#include "times.hpp"
#include "wire/steps.hpp"
#include <fsm/event.hpp>
#include <fsm/reason.hpp>

#include <boost/json/string.hpp>

#include <string>

namespace platform::wire {

namespace json = boost::json;

namespace {

// The code that the transition was about: the update's, if it changed that.
fsm::reason_code code_of(const fsm::transition& what) {
  const bool of_update = what.from.update_status != what.to.update_status &&
                         what.update_reason_code != fsm::reason_code::none;
  return of_update ? what.update_reason_code : what.state_reason_code;
}

}  // namespace

failure bad_parameter(std::string_view name, std::string_view value, std::string_view rule) {
  return {fault::invalid_parameter_value,
          std::string{name} + ": '" + std::string{value} + "' is not allowed; it must be " +
              std::string{rule},
          {}};
}

void refuse_parameter(std::string_view name, std::string_view value, std::string_view rule) {
  throw refusal{bad_parameter(name, value, rule)};
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value{} : json::value(json::string{text.data(), text.size()});
}

json::object pair_body(fsm::pair what) {
  return {{"state", text_or_null(fsm::wire_name(what.state))},
          {"last_update_status", text_or_null(fsm::wire_name(what.update_status))}};
}

json::object transition_body(const fsm::transition& what) {
  const auto code = code_of(what);
  json::object result{{"sequence", what.sequence},
                      {"previous", what.previous},
                      {"at", iso_text(what.at)},
                      {"event", fsm::to_string(what.event)},
                      {"cause", fsm::to_string(what.cause)},
                      {"from", pair_body(what.from)},
                      {"to", pair_body(what.to)},
                      {"reason", what.reason.empty() ? json::string{fsm::default_text(code)}
                                                     : json::string{what.reason}},
                      {"reason_code", fsm::wire_name(code)},
                      {"revision_id", fsm::revision_id(what.uid, what.revision)}};
  if (!what.name.empty()) result["name"] = what.name;
  return result;
}

json::object function_body(const fsm::function_view& view) {
  auto result = pair_body(view.pair());
  result["name"] = view.name;
  result["state_reason"] = text_or_null(
      view.state_reason_code == fsm::reason_code::none ? std::string_view{} : view.state_reason);
  result["state_reason_code"] = text_or_null(fsm::wire_name(view.state_reason_code));
  result["last_update_status_reason"] = text_or_null(
      view.update_reason_code == fsm::reason_code::none ? std::string_view{} : view.update_reason);
  result["last_update_status_reason_code"] = text_or_null(fsm::wire_name(view.update_reason_code));
  result["since"] = iso_text(view.since);
  result["revision_id"] = view.uid == 0 ? json::value{} : json::value(view.revision_id());
  return result;
}

}  // namespace platform::wire
