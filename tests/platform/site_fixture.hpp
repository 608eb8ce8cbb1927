#pragma once

#include "code/code_keeper.hpp"
#include "feed.hpp"
#include "invoke/engine.hpp"
#include "metrics.hpp"
#include "overview.hpp"
#include "wire/digest.hpp"
#include "wire/limits.hpp"
#include "wire/resolve.hpp"
#include "wire/routes.hpp"
#include "wire/service.hpp"
#include "world.hpp"
#include <fsm/runtime.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace platform::testing {

namespace json = boost::json;
using http::proto::verb;

inline const std::string functions_path = "/2015-03-31/functions";
inline const std::string arn_head = "arn:aws:lambda:us-east-1:000000000000:function:";

/// What a request was answered with.
struct answer {
  unsigned status = 0;
  std::string error;
  json::value body;
  http::response raw;

  [[nodiscard]] std::string text(const char* member) const {
    const auto* object = body.if_object();
    const auto* found = object ? object->if_contains(member) : nullptr;
    return found && found->is_string() ? std::string{found->get_string().c_str()} : "";
  }
  [[nodiscard]] std::string message() const { return text("message") + text("Message"); }
  [[nodiscard]] bool typed() const { return body.as_object().contains("Type"); }
};

/// What a platform under test may have differently.
struct site_options {
  /// It may have lived before.
  std::shared_ptr<fsm::store> store = fsm::make_memory_store();
  std::uint32_t account_concurrency = fsm::concurrency_limiter::account_default;
  std::unique_ptr<code::code_store> packages = code::make_memory_code_store();
  code::keeper_options keeper{.pause = {}};
};

/// A platform without sockets, under a manual clock.
struct site_under_test {
  site_options how;
  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  std::shared_ptr<platform::world> world =
      std::make_shared<platform::world>(platform::world_settings{}, clock);
  fsm::runtime functions{make_options()};
  boost::asio::thread_pool workers{1};
  std::ostringstream log_text;
  std::shared_ptr<spdlog::logger> log = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text));
  code::code_keeper keeper{functions, std::move(how.packages), how.keeper, log};
  wire::function_locks locks;
  std::shared_ptr<wire::account_book> book = std::make_shared<wire::account_book>();
  fsm::subscription counting = functions.watch(book);
  std::shared_ptr<feed> events_feed = std::make_shared<feed>(functions.statistics().last_sequence);
  fsm::subscription feeding = functions.watch(events_feed);
  std::shared_ptr<overview> lately = std::make_shared<overview>();
  fsm::subscription looking = functions.watch(lately);
  std::unique_ptr<invoke::engine> invocations =
      *invoke::engine::start(functions, clock, log, make_engine_options());
  fsm::concurrency_limiter& limiter = invocations->limiter();
  metrics::runtime_metrics measured;
  request_metrics requests{wire::operation_names()};
  all_metrics all_measured{measured, requests};
  wire::site site{.functions = functions,
                  .cloud = *world,
                  .invocations = *invocations,
                  .virtual_clock = clock.get(),
                  .workers = workers,
                  .log = log,
                  .region = "us-east-1",
                  .account = "000000000000",
                  .code = keeper,
                  .locks = locks,
                  .book = *book,
                  .events = *events_feed,
                  .lately = *lately,
                  .measured = all_measured};
  wire::service service{site};

  explicit site_under_test(site_options what = {}) : how{std::move(what)} {
    measured.attach(functions);
  }
  site_under_test(std::shared_ptr<fsm::store> store,
                  std::uint32_t account_concurrency = fsm::concurrency_limiter::account_default)
      : site_under_test{
            site_options{.store = std::move(store), .account_concurrency = account_concurrency}} {}
  ~site_under_test() {
    workers.join();
    invocations->stop();
    keeper.stop();
  }

  fsm::options make_options() {
    fsm::options result;
    result.store = how.store;
    result.provider = world;
    result.clock = clock;
    result.provisioner.audit_interval = {};  // A test moves the clock by millennia.
    result.threads = 1;
    return result;
  }

  invoke::engine_options make_engine_options() {
    invoke::engine_options result;
    result.account_concurrency = how.account_concurrency;
    result.load = [this](fsm::concurrency_limiter& into) {
      return wire::load_attributes(functions, into, *book);
    };
    result.resolve = wire::event_resolver(functions);
    result.event_settings = [this](const std::string& function, const std::string& qualifier) {
      return book->events_of(function, qualifier);
    };
    return result;
  }

  static http::request make_request(verb method, const std::string& target, std::string body,
                                    const std::string& host = "localhost") {
    http::request request{method, target, 11};
    request.set(http::proto::field::host, host);
    request.body() = std::move(body);
    return request;
  }

  answer ask(verb method, const std::string& target, const json::object& body = {}) {
    return send(make_request(method, target, body.empty() ? "" : json::serialize(body)));
  }

  answer send(http::request request) {
    std::promise<http::response> promise;
    auto future = promise.get_future();
    service.handle(std::move(request),
                   [&](http::response what) { promise.set_value(std::move(what)); });
    REQUIRE(future.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
    answer result;
    result.raw = future.get();
    result.status = result.raw.result_int();
    result.error = result.raw["X-Amzn-Errortype"];
    json::error_code no_json;  // As a package is none.
    result.body = json::parse(result.raw.body(), no_json);
    return result;
  }

  /// What CreateFunction asks for, with these members instead of the usual ones.
  static json::object creation(json::object more = {}) {
    const std::string empty_zip{"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22};
    json::object result{{"FunctionName", "f"},
                        {"Role", "arn:aws:iam::000000000000:role/r"},
                        {"Runtime", "python3.12"},
                        {"Handler", "index.handler"},
                        {"Code", json::object{{"ZipFile", wire::base64_encode(empty_zip)}}}};
    for (const auto& [key, value] : more) result[key] = value;
    return result;
  }

  /// A function that is Active.
  void create(const std::string& name) {
    REQUIRE(ask(verb::post, functions_path, creation({{"FunctionName", name}})).status == 201);
    clock->advance(std::chrono::seconds{1});
  }

  /// Publishes a version, with a change before it so that there is something to publish.
  std::string publish(const std::string& name) {
    const auto path = functions_path + "/" + name;
    REQUIRE(ask(verb::put, path + "/configuration",
                {{"Description", "for " + std::to_string(++published)}})
                .status == 200);
    clock->advance(std::chrono::seconds{1});
    const auto made = ask(verb::post, path + "/versions");
    REQUIRE(made.status == 201);
    return made.text("Version");
  }

  answer point(const std::string& alias, const std::string& version) {
    return ask(verb::post, functions_path + "/f/aliases",
               {{"Name", alias}, {"FunctionVersion", version}});
  }

  std::string revision(const std::string& target) {
    return ask(verb::get, functions_path + "/" + target + "/configuration").text("RevisionId");
  }

  int published = 0;
};

}  // namespace platform::testing
