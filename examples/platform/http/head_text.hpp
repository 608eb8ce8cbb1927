#pragma once

#include "http/message.hpp"

#include <string>

namespace platform::http {

/// The status line, the date and the fields of an answer. Written with the body in one go, which
/// Beast's own serializer takes longer for than the rest of a short answer.
[[nodiscard]] std::string head_text(const response& what);

}  // namespace platform::http
