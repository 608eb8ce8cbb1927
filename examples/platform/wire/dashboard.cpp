#include "wire/dashboard.hpp"

#include "wire/admin_session.hpp"

#include <algorithm>
#include <string>

namespace platform::wire {

namespace {

// Nothing from anywhere else, nothing inline, in no other page.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

void set(http::response& to, std::string_view name, std::string_view value) {
  to.set(boost::beast::string_view{name.data(), name.size()},
         boost::beast::string_view{value.data(), value.size()});
}

void send(const call& request, std::string_view name) {
  const auto files = dashboard_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [name](const auto& each) { return each.name == name; });
  if (found == files.end()) {
    return request.refuse({fault::resource_not_found,
                           "There is no file " + std::string{name} + " of the dashboard.",
                           {}});
  }
  const bool known = request.header("If-None-Match") == found->etag;
  auto answer = request.blank(known ? 304 : 200);
  set(answer, "Content-Type", found->type);
  set(answer, "ETag", found->etag);
  set(answer, "Cache-Control", "no-cache");
  set(answer, "Content-Security-Policy", content_policy);
  set(answer, "X-Content-Type-Options", "nosniff");
  // Not "no-referrer": then browsers would not say where a form comes from.
  set(answer, "Referrer-Policy", "same-origin");
  if (!known) answer.body() = std::string{found->bytes};
  request.answer(std::move(answer));
}

}  // namespace

void show_dashboard(const call_ptr& request) {
  if (!may_administrate(*request)) return request->answer(login_page(*request));
  send(*request, "index.html");
}

void show_dashboard_file(const call_ptr& request) { send(*request, request->function_text()); }

}  // namespace platform::wire
