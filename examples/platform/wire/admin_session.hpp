#pragma once

#include "http/message.hpp"
#include "wire/call.hpp"

#include <chrono>
#include <string>
#include <string_view>

/// \file
/// How a browser gets through the admin door: its user gives the admin token once, in a form, and
/// from then on a cookie stands for it. The cookie holds the time at which it ends and a signature
/// made with the token, so there is nothing to keep, and another token ends all sessions. Scripts
/// cannot read it, and no other site can send it (`SameSite=Strict`, and http/guard.hpp).

namespace platform::wire {

/// How long a session lasts.
inline constexpr std::chrono::hours session_lifetime{12};

/// The Set-Cookie field that begins a session; `secure`: only to be sent over TLS.
[[nodiscard]] std::string session_cookie(std::string_view token, std::chrono::sys_seconds now,
                                         bool secure);

/// Whether a request comes with the cookie of a session that goes on.
[[nodiscard]] bool has_session(const http::request_head& head, std::string_view token,
                               std::chrono::sys_seconds now);

/// Whether whoever asks may do what the admin door guards. For operations that are open, but show
/// more to administrators.
[[nodiscard]] bool may_administrate(const call& request);

/// The page that asks for the token, with status 401; `refused`: the one that was given is wrong.
[[nodiscard]] http::response login_page(const call& request, bool refused = false);

/// Takes the form of that page: begins a session and leads to the dashboard.
void start_session(const call_ptr& request);
/// Forgets the session and leads to the login page.
void end_session(const call_ptr& request);
/// Says whether it is a session that let the request in.
void show_session(const call_ptr& request);

}  // namespace platform::wire
