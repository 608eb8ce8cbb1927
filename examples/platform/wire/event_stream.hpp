#pragma once

#include <string>
#include <string_view>

namespace platform::wire {

/// One message of an `application/vnd.amazon.eventstream` body: an event of a type, with a payload
/// of less than 16 MiB.
[[nodiscard]] std::string stream_message(std::string_view event_type, std::string_view content_type,
                                         std::string_view payload);

}  // namespace platform::wire
