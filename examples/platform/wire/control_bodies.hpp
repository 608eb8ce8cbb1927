#pragma once

#include "wire/errors.hpp"
#include <fsm/pair.hpp>
#include <fsm/view.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string_view>

/// \file
/// What the routes beside the Lambda API say of functions and transitions, as JSON.

namespace platform::wire {

/// "state" and "last_update_status", null where there is none.
[[nodiscard]] boost::json::object pair_body(fsm::pair what);

/// A transition; "name" only if it is known.
[[nodiscard]] boost::json::object transition_body(const fsm::transition& what);

/// A function's situation, its reasons, and since when.
[[nodiscard]] boost::json::object function_body(const fsm::function_view& view);

/// That a parameter has a value that breaks its rule: "from 1 to 1000".
[[nodiscard]] failure bad_parameter(std::string_view name, std::string_view value,
                                    std::string_view rule);
/// Ends the operation with it.
[[noreturn]] void refuse_parameter(std::string_view name, std::string_view value,
                                   std::string_view rule);

/// A text, or null for an empty one.
[[nodiscard]] boost::json::value text_or_null(std::string_view text);

}  // namespace platform::wire
