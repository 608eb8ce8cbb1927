#pragma once

#include "wire/names.hpp"
#include "wire/site.hpp"
#include <fsm/view.hpp>

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <string>
#include <string_view>

namespace platform::wire {

/// Which members of a FunctionConfiguration are wanted.
enum class detail : std::uint8_t {
  all,
  in_lists,  ///< Lists leave out State, LastUpdateStatus, their reasons, and the runtime's version.
};

/// A function as the Lambda API shows it (FunctionConfiguration): what its document says, defaults
/// for what it does not say, and its state. Members without a value are left out. Lives in the
/// memory of the document.
[[nodiscard]] boost::json::object configuration(const site& where, const function_target& which,
                                                const fsm::function_view& view,
                                                const boost::json::object& document,
                                                detail how_much = detail::all);

/// The answer of GetFunction: configuration, where the code is, tags, and reserved concurrency.
/// `location` is a link to the package; "" = there is none.
[[nodiscard]] boost::json::object function_with_code(const site& where,
                                                     const function_target& which,
                                                     const fsm::function_view& view,
                                                     const boost::json::object& document,
                                                     const std::string& location);

/// The object in a document's member; null when there is none.
[[nodiscard]] const boost::json::object* nested(const boost::json::object& document,
                                                std::string_view member);

/// The document of a function; empty when it is none of ours.
[[nodiscard]] boost::json::object parse_document(const std::string& text,
                                                 boost::json::storage_ptr memory = {});

}  // namespace platform::wire
