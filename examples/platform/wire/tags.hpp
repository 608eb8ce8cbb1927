#pragma once

#include "wire/members.hpp"

#include <boost/json/object.hpp>

#include <optional>

namespace platform::wire {

/// Reads the tags of a request, if it has any, and checks their keys and values.
[[nodiscard]] std::optional<boost::json::object> read_tags(const members& given);

/// Reports more tags than a function may have.
void check_tag_count(const boost::json::object& tags, problems& found);

}  // namespace platform::wire
