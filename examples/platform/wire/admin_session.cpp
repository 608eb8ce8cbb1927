#include "wire/admin_session.hpp"

#include "wire/digest.hpp"
#include "wire/doors.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace platform::wire {

namespace {

constexpr std::string_view cookie_name = "fsm_session";
constexpr std::string_view token_field = "token";

constexpr std::string_view style =
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{display:grid;place-content:center;min-height:100vh;margin:0;padding:1rem;"
    "box-sizing:border-box}"
    "main{max-width:24rem}h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 1rem}"
    "label{display:block;font-weight:600}"
    "input,button{font:inherit;padding:.5rem .75rem;box-sizing:border-box;width:100%;"
    "margin-top:.5rem}[role=alert]{font-weight:600}";

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string sign(std::string_view token, std::string_view end) {
  return hex_encode(hmac_sha256(hmac_sha256(token, "admin session"), end));
}

std::string set_cookie(std::string_view value, std::chrono::seconds lifetime, bool secure) {
  return std::string{cookie_name} + "=" + std::string{value} +
         "; Max-Age=" + std::to_string(lifetime.count()) + "; Path=/; HttpOnly; SameSite=Strict" +
         (secure ? "; Secure" : "");
}

// Whether one of our cookies in a Cookie field ("a=1; fsm_session=...; b=2") is good. There may be
// several: other servers of the host can set some of that name for a longer path.
template <class IsGood>
bool any_cookie(std::string_view field, IsGood is_good) {
  while (!field.empty()) {
    auto pair = field.substr(0, field.find(';'));
    field.remove_prefix(std::min(field.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == cookie_name && equals != std::string_view::npos &&
        is_good(pair.substr(equals + 1)))
      return true;
  }
  return false;
}

bool is_good(std::string_view cookie, std::string_view token, std::chrono::sys_seconds at) {
  const auto end_text = cookie.substr(0, cookie.find('.'));
  if (end_text.size() == cookie.size()) return false;
  if (!equal_secrets(cookie.substr(end_text.size() + 1), sign(token, end_text))) return false;
  std::int64_t end = 0;
  std::from_chars(end_text.data(), end_text.data() + end_text.size(), end);
  return at.time_since_epoch().count() < end;
}

// A member of a form: "a=1&token=x%2By".
std::optional<std::string> form_member(std::string_view body, std::string_view name) {
  while (!body.empty()) {
    const auto pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name || equals == std::string_view::npos) continue;
    std::string value{pair.substr(equals + 1)};
    std::replace(value.begin(), value.end(), '+', ' ');
    return percent_decode(value);
  }
  return std::nullopt;
}

bool is_secure(const call& request) { return request.where().scheme == "https"; }

void lead_to_dashboard(const call& request, const std::string& cookie) {
  auto result = request.blank(303);
  result.set(http::proto::field::location, "/");
  if (!cookie.empty()) result.set(http::proto::field::set_cookie, cookie);
  request.answer(std::move(result));
}

}  // namespace

std::string session_cookie(std::string_view token, std::chrono::sys_seconds at, bool secure) {
  const auto end = std::to_string((at + session_lifetime).time_since_epoch().count());
  return set_cookie(end + "." + sign(token, end), session_lifetime, secure);
}

bool has_session(const http::request_head& head, std::string_view token,
                 std::chrono::sys_seconds at) {
  const auto [begin, end] = head.equal_range(http::proto::field::cookie);
  return std::any_of(begin, end, [&](const auto& each) {
    return any_cookie({each.value().data(), each.value().size()},
                      [&](std::string_view cookie) { return is_good(cookie, token, at); });
  });
}

bool may_administrate(const call& request) {
  const auto& where = request.where();
  return !refuse_by_head(request.request(), door::admin, where.keys, where.region, now());
}

http::response login_page(const call& request, bool refused) {
  auto result = request.blank(401);
  const auto set = [&result](const char* name, std::string_view value) {
    result.set(name, boost::beast::string_view{value.data(), value.size()});
  };
  set("Content-Type", "text/html; charset=utf-8");
  set("Cache-Control", "no-store");
  set("X-Content-Type-Options", "nosniff");
  set("Referrer-Policy", "same-origin");
  set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-" +
                                     base64_encode(sha256(style)) +
                                     "'; form-action 'self'; base-uri 'none'; "
                                     "frame-ancestors 'none'");
  result.body() =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>Sign in - fsm-platform</title><style>" +
      std::string{style} +
      "</style></head><body><main><h1>fsm-platform</h1>"
      "<p>The dashboard needs the admin token: what --admin-token says, or what the platform "
      "printed when it started.</p>" +
      (refused ? "<p role=\"alert\">This is not the right token.</p>" : "") +
      "<form method=\"post\" action=\"/_fsm/session\"><label for=\"token\">Admin token</label>"
      "<input id=\"token\" name=\"token\" type=\"password\" required autofocus "
      "autocomplete=\"current-password\"><button>Sign in</button></form></main></body></html>\n";
  return result;
}

void start_session(const call_ptr& request) {
  const auto& token = request->where().keys.admin_token;
  if (token.empty()) return lead_to_dashboard(*request, {});
  const auto given = form_member(request->body(), token_field);
  // The digests are compared, so that the time does not tell the length either.
  if (!given || !equal_secrets(sha256(*given), sha256(token)))
    return request->answer(login_page(*request, true));
  lead_to_dashboard(*request, session_cookie(token, now(), is_secure(*request)));
}

void end_session(const call_ptr& request) {
  lead_to_dashboard(*request, set_cookie("", std::chrono::seconds{0}, is_secure(*request)));
}

void show_session(const call_ptr& request) {
  const auto& token = request->where().keys.admin_token;
  const bool session = !token.empty() && has_session(request->request(), token, now());
  request->answer(200, boost::json::object{{"session", session}});
}

}  // namespace platform::wire
