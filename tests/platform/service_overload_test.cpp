#include "site_fixture.hpp"

#include <boost/asio/post.hpp>

#include <atomic>
#include <future>

using namespace platform::testing;
using platform::wire::service;

namespace {

/// A platform whose only worker is kept busy until it is let go.
struct busy_site : site_under_test {
  busy_site() {
    std::promise<void> begun;
    boost::asio::post(workers, [this, &begun] {
      begun.set_value();
      let_go.get_future().wait();
    });
    begun.get_future().wait();
  }

  /// Asks without waiting; counts answers by status.
  void send_later(const std::string& target) {
    service.handle(make_request(verb::get, target, ""), [this](platform::http::answer what) {
      ++(what.result_int() == 200 ? served : refused);
      if (what.result_int() == 429) last_refusal = std::move(what);
    });
  }
  void send_many(const std::string& target, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) send_later(target);
  }

  std::promise<void> let_go;
  std::atomic<std::size_t> served{0};
  std::atomic<std::size_t> refused{0};
  platform::http::response last_refusal;
};

}  // namespace

TEST_CASE("Beyond what may wait for the workers a call is refused at once", "[service][overload]") {
  busy_site site;
  site.send_many(functions_path, service::waiting_max);
  CHECK(site.refused == 0);
  site.send_many(functions_path, 3);
  CHECK(site.refused == 3);
  CHECK(site.last_refusal["X-Amzn-Errortype"] == "TooManyRequestsException");
  CHECK(site.last_refusal["Retry-After"] == "1");
  CHECK(site.served == 0);

  SECTION("what needs no worker goes on") {
    CHECK(site.ask(verb::get, functions_path + "/f/configuration").status == 404);
    CHECK(site.ask(verb::get, "/_fsm/health").status == 200);
  }
  SECTION("operators have places of their own, bounded, too") {
    site.send_many("/_fsm/overview", service::waiting_more_for_operators);
    CHECK(site.refused == 3);
    site.send_later("/_fsm/overview");
    CHECK(site.refused == 4);
  }
  site.let_go.set_value();
  site.workers.join();
  CHECK(site.served >= service::waiting_max);
}
