#pragma once

#include "wire/call.hpp"
#include "wire/doors.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace platform::wire {

/// How long the body of a request may be.
enum class body_limit : std::uint8_t {
  code,     ///< It may carry a function's code.
  payload,  ///< It is handed to a function: the limit depends on the kind of invocation.
  small,
  form,  ///< A form of a page.
  none,  ///< It must not have one.
};

/// Whose thread works on it.
enum class run_on : std::uint8_t {
  server,  ///< The server's: it must not wait.
  worker,  ///< A worker: it takes several steps and may wait; see steps.hpp.
};

/// One operation: the requests that ask for it, and who answers them.
struct route {
  http::proto::verb method;
  /// The path; the first '*' is the part that names a function, a second one something of it.
  std::string_view pattern;
  std::string_view name;
  body_limit limit;
  void (*run)(const call_ptr& request);
  /// Who may ask for it.
  enum door door = door::signature;
  run_on runs = run_on::server;
  /// "name=value", which the query must have; such a route comes before the one without. "" =
  /// anything.
  std::string_view parameter{};
};

/// Every operation.
[[nodiscard]] std::span<const route> routes() noexcept;

/// Their names, in this order, and "none" for requests that ask for nothing that is here.
[[nodiscard]] std::vector<std::string> operation_names();
/// The place of a route, or of null, in that list.
[[nodiscard]] std::size_t operation_number(const route* which) noexcept;

/// A route, and the parts of the path that name a function and something of it.
struct matched_route {
  const route* which = nullptr;
  std::string function_text;
  std::string item_text;
};

/// The route of a request; its `which` is null when there is none.
[[nodiscard]] matched_route match(http::proto::verb method, const target& where);

/// Who may ask for it; for a request that has no route it goes by its path.
[[nodiscard]] door door_of(const matched_route& found, const target& where) noexcept;

}  // namespace platform::wire
