#pragma once

#include "http/message.hpp"
#include "wire/errors.hpp"
#include "wire/signature.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace platform::wire {

/// Who may use an operation.
enum class door : std::uint8_t {
  signature,  ///< Who signs with the access key, if there is one; and administrators in a session.
  admin,      ///< Who has the admin token, if there is one, or a session (admin_session.hpp).
  open,       ///< Everybody; or the operation sees to it by itself.
};

/// What opens the doors. Without them everybody may do everything.
struct door_keys {
  std::optional<access_key> access;
  /// "" = none.
  std::string admin_token;

  [[nodiscard]] bool any() const noexcept { return access || !admin_token.empty(); }
};

/// How many bytes a body may have that comes in aws-chunked form and is `bytes` long without it.
[[nodiscard]] std::uint64_t packed_bytes_max(const http::request_head& head, std::uint64_t bytes);

/// Why a request may not come in, by its head alone; nothing if its body is worth reading. What a
/// signature says about the body is not looked at.
[[nodiscard]] std::optional<failure> refuse_by_head(const http::request_head& head, door which,
                                                    const door_keys& keys, std::string_view region,
                                                    std::chrono::sys_seconds now);

/// Why a request may not come in; nothing if it may. Takes its body out of the aws-chunked form, if
/// it is in that. Takes long for a long body.
[[nodiscard]] std::optional<failure> refuse(http::request& what, door which, const door_keys& keys,
                                            std::string_view region, std::chrono::sys_seconds now);

}  // namespace platform::wire
