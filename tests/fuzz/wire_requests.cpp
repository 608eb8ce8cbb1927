#include "fuzz.hpp"
#include "platform/site_fixture.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Requests to the platform, one after the other, without sockets. An input has a request on each
// line: METHOD TARGET BODY. Each is answered, never with an internal error; an error has a name of
// the API's and a message; and a request that is not valid changes nothing.

namespace fsm::fuzz {

namespace {

using platform::testing::site_under_test;
namespace http = platform::http;
namespace wire = platform::wire;
namespace json = boost::json;

constexpr std::size_t requests_max = 16;

/// Takes the text up to a separator from the front.
std::string_view take(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto result = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return result;
}

/// The platform, used for many inputs: making one takes longer than all they ask. It is empty at
/// the start of each.
class platform_under_test {
public:
  platform_under_test() { site_ = std::make_unique<site_under_test>(); }

  void ask(std::string_view line) {
    const auto method = take(line, ' ');
    const auto target = take(line, ' ');
    if (!is_token(method) || !is_token(target)) return;
    if (is_left_out(target)) return site_->clock->advance(std::chrono::seconds{target.size() % 4});
    const auto before = site_->functions.statistics().last_sequence;
    http::request request;
    request.method_string({method.data(), method.size()});
    request.target({target.data(), target.size()});
    request.set(http::proto::field::host, "localhost");
    request.body() = line;
    const auto answer = send(std::move(request));
    judge(answer, std::string{method} + " " + std::string{target});
    const bool changes_nothing =
        answer.result_int() == 400 || answer.result_int() == 404 || answer.result_int() == 413;
    if (changes_nothing && target.find("/invocations") == target.npos) {
      site_->functions.settle();
      check(site_->functions.statistics().last_sequence == before,
            "a request that is not valid changes nothing: " + std::string{target});
    }
  }

  void end() {
    site_->clock->advance(std::chrono::seconds{10});
    for (std::size_t left = 1; left != 0;) {
      const auto page = site_->functions.list({.limit = 100});
      left = page->functions.size();
      for (const auto& each : page->functions)
        static_cast<void>(site_->functions.remove(each.name));
    }
    site_->clock->advance(std::chrono::seconds{10});
    if (++inputs_ % inputs_per_site != 0) return;
    site_.reset();
    site_ = std::make_unique<site_under_test>();
  }

private:
  static constexpr int inputs_per_site = 500;

  /// What a parser of HTTP lets through as a method or target.
  static bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return c > 0x20 && c != 0x7F; });
  }

  /// What lasts longer than an input, and what answers without an end. Time passes instead.
  static bool is_left_out(std::string_view text) {
    const auto where = wire::parse_target(text);
    if (!where || where->segments.size() < 2 || where->segments[0] != "_fsm") return false;
    const auto& what = where->segments[1];
    return what == "world" || what == "clock" || what == "events" || what == "wait";
  }

  http::response send(http::request request) {
    auto promise = std::make_shared<std::promise<http::response>>();
    auto future = promise->get_future();
    site_->service.handle(std::move(request),
                          [promise](http::response what) { promise->set_value(std::move(what)); });
    // An operation may wait for the cloud, whose time is that of the manual clock.
    for (int tries = 0; future.wait_for(std::chrono::milliseconds{50}) != std::future_status::ready;
         ++tries) {
      check(tries < 400, "a request is answered");
      site_->clock->advance(std::chrono::seconds{1});
    }
    return future.get();
  }

  static void judge(const http::response& answer, const std::string& asked) {
    const unsigned status = answer.result_int();
    check(status >= 200 && status < 600, "an answer has a status");
    check(status != 500, "nothing goes wrong inside: " + asked + ": " + answer.body());
    if (status < 400) return;
    const auto name = std::string{answer["X-Amzn-Errortype"]};
    const bool known = std::any_of(wire::fault_table.begin(), wire::fault_table.end(),
                                   [&](const auto& row) { return row.name == name; });
    check(known, "an error is one of the API's: " + name);
    json::error_code no_json;
    const auto body = json::parse(answer.body(), no_json);
    check(!no_json && body.is_object(), "an error's body is an object: " + answer.body());
  }

  std::unique_ptr<site_under_test> site_;
  int inputs_ = 0;
};

}  // namespace

void wire_requests(std::string_view input) {
  // Never destroyed: at the end of the process its threads' memory would be gone before it.
  static platform_under_test& all = *new platform_under_test;
  for (std::size_t i = 0; i < requests_max && !input.empty(); ++i) all.ask(take(input, '\n'));
  all.end();
}

}  // namespace fsm::fuzz
