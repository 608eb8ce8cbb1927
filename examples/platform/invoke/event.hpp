#pragma once

#include <fsm/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform::invoke {

/// An invocation that waits for its turn, without its payload.
struct event {
  /// Its place in the queue; rises. 0 = none yet.
  std::uint64_t id = 0;
  std::string request_id;
  std::string function;
  /// As the caller used it; "" = none.
  std::string qualifier;
  std::string invoked_arn;
  std::string client_context;
  std::string trace_id;
  fsm::timestamp accepted_at{};
  /// Not before this.
  fsm::timestamp due{};
  /// How often it has run, and how often the platform could not run it.
  std::uint32_t runs = 0;
  std::uint32_t breakdowns = 0;
  std::size_t payload_bytes = 0;
};

/// An event as it is kept; `read_event` reads it back. The id is kept beside it.
[[nodiscard]] std::string write_event(const event& what);
/// Nothing if the text is not one.
[[nodiscard]] std::optional<event> read_event(std::uint64_t id, std::string_view text);

}  // namespace platform::invoke
