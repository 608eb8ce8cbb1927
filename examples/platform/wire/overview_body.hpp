#pragma once

#include "wire/site.hpp"

#include <boost/json/object.hpp>

namespace platform::wire {

/// All that the overview of a platform says: how many functions are in which state, what happens,
/// what fails and why.
[[nodiscard]] boost::json::object overview_body(const site& where);

/// The same without what changes by itself: the time.
[[nodiscard]] boost::json::object without_time(boost::json::object body);

}  // namespace platform::wire
