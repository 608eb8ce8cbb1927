#pragma once

#include "invoke/invoker.hpp"
#include "wire/call.hpp"
#include "wire/errors.hpp"

#include <string>
#include <string_view>

namespace platform::wire {

/// The one that a request came with; if that is none, a new one: "Root=1-...".
[[nodiscard]] std::string trace_id_of(std::string_view given);

/// With the header fields that every accepted invocation has.
[[nodiscard]] http::response accepted(const call& request, unsigned status,
                                      std::string_view trace_id);

/// The error for an invocation that did not run.
[[nodiscard]] failure explain_refusal(const invoke::refusal& why, const subject& about);

/// The last 4 KB of an invocation's log, in base 64.
[[nodiscard]] std::string log_tail(const std::string& request_id, std::string_view version,
                                   const invoke::completed& ran);

/// The answer to a synchronous invocation that ran.
[[nodiscard]] http::response show_completed(const call& request, const invoke::order& what,
                                            invoke::completed ran);

/// The same as a stream of events, as InvokeWithResponseStream has it.
[[nodiscard]] http::response stream_completed(const call& request, const invoke::order& what,
                                              const invoke::completed& ran);

}  // namespace platform::wire
