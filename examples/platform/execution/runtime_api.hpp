#pragma once

#include "execution/job.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// \file
/// What the Lambda Runtime API (2018-06-01) says, as messages.

namespace platform::execution {

/// Bytes that a runtime may answer with.
inline constexpr std::size_t response_bytes_max = 6'291'556;

enum class runtime_call : std::uint8_t {
  next,        ///< Asks for an invocation.
  response,    ///< What the function gives back.
  error,       ///< The function has failed.
  init_error,  ///< The function could not be started.
  unknown,
};

struct runtime_request {
  runtime_call what = runtime_call::unknown;
  /// Of the invocation it is about; points into the target.
  std::string_view id;
};

[[nodiscard]] runtime_request read_runtime_request(http::proto::verb method,
                                                   std::string_view target);

/// The error that a request reports, as JSON: its body or, if that is empty, the type in its head.
[[nodiscard]] std::string reported_error(const http::request_head& head, const std::string& body);
/// The error in the trailer of an answer that came in pieces: the function failed on its way.
[[nodiscard]] std::optional<std::string> late_error(const http::request& answer);

/// An invocation, as it is handed over.
[[nodiscard]] http::response invocation_message(const invoke::invocation& what,
                                                fsm::timestamp deadline);
/// Thanks for an answer.
[[nodiscard]] http::response accepted_message();
/// What a runtime did wrong: "InvalidRequestID".
[[nodiscard]] http::response refused_message(unsigned status, std::string_view type,
                                             std::string_view message);

}  // namespace platform::execution
