#pragma once

#include "wire/members.hpp"
#include "world.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace platform::wire {

/// Takes the settings of a function (everything but name, code, tags, package type and
/// architecture) from a request into its document: what the request names replaces what was there.
/// A document holds what a function was told, under the names of the Lambda API; defaults are
/// filled in when it is shown. Networks are looked up in `cloud`, and must exist there. A document
/// that becomes longer than 256 KiB is refused.
void read_settings(const members& given, const platform::world& cloud,
                   boost::json::object& document);

/// Takes what goes with the code: the architecture.
void read_architectures(const members& given, boost::json::object& document);

/// Takes what can only be said at creation: the package type.
void read_identity(const members& given, boost::json::object& document);

/// Checks what a document must have when it is complete: a runtime and a handler for "Zip".
void check_complete(const boost::json::object& document, problems& found);

/// The text of a document's member; `otherwise` when it has none.
[[nodiscard]] std::string text_or(const boost::json::object& document, std::string_view member,
                                  std::string_view otherwise);

}  // namespace platform::wire
