#include "code/code_keeper.hpp"
#include "feed.hpp"
#include "invoke/engine.hpp"
#include "support/scripted_runner.hpp"
#include "metrics.hpp"
#include "overview.hpp"
#include "wire/account_book.hpp"
#include "wire/digest.hpp"
#include "wire/event_stream.hpp"
#include "wire/resolve.hpp"
#include "wire/routes.hpp"
#include "wire/service.hpp"
#include "world.hpp"
#include <fsm/runtime.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace json = boost::json;
namespace http = platform::http;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using http::proto::verb;
using platform::testing::scripted_runner;
using namespace std::chrono_literals;

namespace {

const std::string path = "/2015-03-31/functions/f/invocations";

// Answers as it is told about events: whether they can be kept.
class strict_store final : public platform::invoke::event_store {
public:
  explicit strict_store(const bool& fails) : fails_{fails} {}

  fsm::expected<std::vector<platform::invoke::event>> load() override { return inner_->load(); }
  void add(const platform::invoke::event& what, std::string payload, kept done) override {
    if (!fails_) return inner_->add(what, std::move(payload), std::move(done));
    done(fsm::unexpected({.code = fsm::errc::internal, .message = "the disk is full"}));
  }
  void change(const platform::invoke::event& what) override { inner_->change(what); }
  void remove(std::uint64_t id, kept done) override { inner_->remove(id, std::move(done)); }
  fsm::expected<std::string> payload(std::uint64_t id) override { return inner_->payload(id); }
  fsm::expected<void> checkpoint(const std::string&) override { return {}; }

private:
  const bool& fails_;
  std::unique_ptr<platform::invoke::event_store> inner_ =
      platform::invoke::make_memory_event_store();
};

struct platform_under_test {
  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  std::shared_ptr<platform::world> world =
      std::make_shared<platform::world>(platform::world_settings{}, clock);
  fsm::runtime functions{make_options()};
  boost::asio::thread_pool workers{1};
  std::shared_ptr<spdlog::logger> log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  bool store_fails = false;
  scripted_runner* runner = nullptr;
  std::unique_ptr<platform::invoke::engine> engine = make_engine();
  platform::code::code_keeper keeper{
      functions, platform::code::make_memory_code_store(), {.pause = 0ms}, log};
  platform::wire::function_locks locks;
  platform::wire::account_book book;
  platform::feed feed;
  platform::overview lately;
  metrics::runtime_metrics measured;
  platform::request_metrics requests{platform::wire::operation_names()};
  platform::all_metrics all_measured{measured, requests};
  platform::wire::site site{.functions = functions,
                            .cloud = *world,
                            .invocations = *engine,
                            .virtual_clock = clock.get(),
                            .workers = workers,
                            .log = log,
                            .region = "us-east-1",
                            .account = "000000000000",
                            .code = keeper,
                            .locks = locks,
                            .book = book,
                            .events = feed,
                            .lately = lately,
                            .measured = all_measured};
  platform::wire::service service{site};

  platform_under_test() { create("f", R"({"Timeout":5,"MemorySize":512})"); }
  ~platform_under_test() { workers.join(); }

  fsm::options make_options() {
    fsm::options result;
    result.provider = world;
    result.clock = clock;
    result.threads = 1;
    return result;
  }

  std::unique_ptr<platform::invoke::engine> make_engine() {
    auto runs = std::make_unique<scripted_runner>();
    runner = runs.get();
    platform::invoke::engine_options how;
    how.account_concurrency = 102;
    how.runs = std::move(runs);
    how.events = std::make_unique<strict_store>(store_fails);
    how.limits.events_max = 3;
    how.resolve = platform::wire::event_resolver(functions);
    return *platform::invoke::engine::start(functions, clock, log, std::move(how));
  }

  void create(const std::string& name, const std::string& document = "{}") {
    REQUIRE(functions.create({.name = name, .document = document}));
    clock->advance(1s);
    REQUIRE(functions.get(name)->state == fsm::state::active);
  }

  std::future<http::response> send(const std::string& target, const std::string& body = "1",
                                   const char* header = nullptr, const char* value = nullptr) {
    http::request request{verb::post, target, 11};
    request.set(http::proto::field::host, "localhost");
    if (header) request.set(header, value);
    request.body() = body;
    const auto promise = std::make_shared<std::promise<http::response>>();
    service.handle(std::move(request),
                   [promise](http::response what) { promise->set_value(std::move(what)); });
    return promise->get_future();
  }

  http::response ask(const std::string& target, const std::string& body = "1",
                     const char* header = nullptr, const char* value = nullptr) {
    auto answer = send(target, body, header, value);
    REQUIRE(answer.wait_for(30s) == std::future_status::ready);
    return answer.get();
  }
};

json::object body_of(const http::response& what) { return json::parse(what.body()).as_object(); }

std::string log_of(const http::response& what) {
  return *platform::wire::base64_decode(std::string{what["X-Amz-Log-Result"]});
}

}  // namespace

TEST_CASE("a function gets its payload, its document, its deadline and how it was called") {
  platform_under_test p;
  REQUIRE(p.ask(path + "?Qualifier=$LATEST", R"({"n":1})", "X-Amz-Client-Context", "e30=")
              .result_int() == 200);
  const auto seen = p.runner->started().at(0);
  CHECK(seen.function == "f");
  CHECK(seen.version == "$LATEST");
  CHECK(seen.invoked_arn == "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
  CHECK(seen.payload == R"({"n":1})");
  CHECK(seen.client_context == "e30=");
  CHECK(seen.deadline == p.clock->now() + 5s);
  CHECK(*seen.document == R"({"Timeout":5,"MemorySize":512})");
  p.ask(path);
  CHECK(p.runner->started().at(1).invoked_arn ==
        "arn:aws:lambda:us-east-1:000000000000:function:f");
}

TEST_CASE("a published version runs under its number, for events, too") {
  platform_under_test p;
  p.create("f:3", R"({"Timeout":9})");
  const auto answer = p.ask(path + "?Qualifier=3");
  CHECK(answer["X-Amz-Executed-Version"] == "3");
  CHECK(p.ask(path + "?Qualifier=3", "7", "X-Amz-Invocation-Type", "Event").result_int() == 202);
  p.clock->advance(0ms);
  REQUIRE(p.runner->started().size() == 2);
  for (const auto& each : p.runner->started()) {
    CHECK(each.function == "f");
    CHECK(each.version == "3");
    CHECK(*each.document == R"({"Timeout":9})");
  }
  CHECK(p.ask(path + "?Qualifier=4").result_int() == 404);
  CHECK(p.ask(path + "?Qualifier=4", "7", "X-Amz-Invocation-Type", "Event").result_int() == 404);
}

TEST_CASE("a function that fails is answered with 200 and its error") {
  platform_under_test p;
  p.runner->answer = scripted_runner::fail;
  const auto answer = p.ask(path);
  CHECK(answer.result_int() == 200);
  CHECK(answer["X-Amz-Function-Error"] == "Unhandled");
  CHECK(answer["X-Amz-Executed-Version"] == "$LATEST");
  CHECK(body_of(answer).at("errorType") == "Oops");
}

TEST_CASE("a function that gives nothing back gives null") {
  platform_under_test p;
  p.runner->answer = [](const auto&) { return platform::invoke::outcome{}; };
  CHECK(p.ask(path).body() == "null");
}

TEST_CASE("an answer of 6,291,556 bytes is the longest") {
  platform_under_test p;
  std::size_t size = 6'291'556;
  p.runner->answer = [&](const auto&) {
    platform::invoke::outcome result;
    result.payload = '"' + std::string(size - 2, 'x') + '"';
    return result;
  };
  CHECK(p.ask(path).body().size() == size);
  ++size;
  const auto answer = p.ask(path);
  CHECK(answer.result_int() == 200);
  CHECK(answer["X-Amz-Function-Error"] == "Unhandled");
  CHECK(body_of(answer).at("errorType") == "Function.ResponseSizeTooLarge");
  CHECK(body_of(answer).at("errorMessage") ==
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).");
}

TEST_CASE("the log's tail has the lines of the service around what the function wrote") {
  platform_under_test p;
  p.runner->answer = [](const auto& what) {
    auto result = scripted_runner::give_back(what);
    result.log = "hello\n";
    result.duration = 1234567us;
    result.init_duration = 8900us;
    result.memory_used_mb = 40;
    return result;
  };
  const auto answer = p.ask(path, "1", "X-Amz-Log-Type", "Tail");
  const std::string id{answer["X-Amzn-Requestid"]};
  CHECK(log_of(answer) == "START RequestId: " + id + " Version: $LATEST\nhello\nEND RequestId: " +
                              id + "\nREPORT RequestId: " + id +
                              "\tDuration: 1234.57 ms\tBilled Duration: 1235 ms\tMemory Size: 512 "
                              "MB\tMax Memory Used: 40 MB\tInit Duration: 8.90 ms\t\n");
  CHECK(p.ask(path).count("X-Amz-Log-Result") == 0);
}

TEST_CASE("of a long log only the last 4 KB are sent") {
  platform_under_test p;
  p.runner->answer = [](const auto& what) {
    auto result = scripted_runner::give_back(what);
    result.log = std::string(9000, 'x');
    return result;
  };
  const auto log = log_of(p.ask(path, "1", "X-Amz-Log-Type", "Tail"));
  CHECK(log.size() == 4096);
  CHECK_THAT(log, StartsWith("xxx"));
  CHECK_THAT(log, EndsWith("MB\t\n"));
}

TEST_CASE("a function that does not end in time is cancelled and answered for") {
  platform_under_test p;
  p.runner->hold();
  auto answer = p.send(path, "1", "X-Amz-Log-Type", "Tail");
  p.clock->advance(4999ms);
  CHECK(answer.wait_for(0s) == std::future_status::timeout);
  CHECK(p.runner->cancelled() == 0);
  p.clock->advance(1ms);
  const auto got = answer.get();
  CHECK(got.result_int() == 200);
  CHECK(got["X-Amz-Function-Error"] == "Unhandled");
  CHECK(body_of(got).at("errorType") == "Sandbox.Timedout");
  const std::string id{got["X-Amzn-Requestid"]};
  CHECK(body_of(got).at("errorMessage") ==
        json::value("RequestId: " + id + " Error: Task timed out after 5.00 seconds"));
  CHECK_THAT(log_of(got), ContainsSubstring("\tDuration: 5000.00 ms\tBilled Duration: 5000 ms"));
  CHECK(p.runner->cancelled() == 1);
  p.runner->finish();
}

TEST_CASE("a runner that breaks is the service's fault") {
  platform_under_test p;
  p.runner->answer = [](const auto&) -> platform::invoke::outcome {
    throw std::runtime_error{"no such program"};
  };
  auto answer = p.ask(path);
  CHECK(answer.result_int() == 500);
  CHECK(answer["X-Amzn-Errortype"] == "ServiceException");
  CHECK(p.engine->limiter().unreserved_free() == 102);
}

TEST_CASE("while a function runs it is in use: it does not become idle, and counts") {
  platform_under_test p;
  REQUIRE(p.functions.create(
      {.name = "g", .document = R"({"Timeout":300})", .idle_after = fsm::duration{1min}}));
  p.clock->advance(1s);
  p.runner->hold();
  auto answer = p.send("/2015-03-31/functions/g/invocations");
  CHECK(p.engine->limiter().unreserved_free() == 101);
  p.clock->advance(5min);  // It is answered for, but has not ended.
  REQUIRE(answer.wait_for(0s) == std::future_status::ready);
  p.clock->advance(4min);
  CHECK(p.functions.get("g")->state == fsm::state::active);
  CHECK(p.engine->limiter().unreserved_free() == 101);
  p.runner->finish();
  CHECK(p.engine->limiter().unreserved_free() == 102);
  p.clock->advance(2min);
  CHECK(p.functions.get("g")->state == fsm::state::inactive);
}

TEST_CASE("during an update the previous version runs, with its settings") {
  platform_under_test p;
  REQUIRE(p.functions.update({.name = "f", .document = R"({"Timeout":7,"MemorySize":1024})"}));
  REQUIRE(p.functions.get("f")->document == R"({"Timeout":7,"MemorySize":1024})");
  p.ask(path);
  CHECK(*p.runner->started().at(0).document == R"({"Timeout":5,"MemorySize":512})");
  p.clock->advance(1s);
  p.ask(path);
  CHECK(*p.runner->started().at(1).document == R"({"Timeout":7,"MemorySize":1024})");
}

TEST_CASE("a limit that is reached refuses with its name, and wakes nobody") {
  platform_under_test p;
  REQUIRE(p.engine->limiter().set_reserved("f", 1));
  p.runner->hold();
  auto first = p.send(path);
  auto refused = p.ask(path);
  CHECK(refused.result_int() == 429);
  CHECK(refused["X-Amzn-Errortype"] == "TooManyRequestsException");
  CHECK(refused[http::proto::field::retry_after] == "1");
  CHECK(body_of(refused) ==
        json::object{{"Type", "User"},
                     {"Reason", "ReservedFunctionConcurrentInvocationLimitExceeded"},
                     {"message", "Rate Exceeded."}});
  p.runner->finish();
  CHECK(first.get().result_int() == 200);
  REQUIRE(p.engine->limiter().set_reserved("f", 0));
  p.clock->advance(24h * 15);
  CHECK(p.ask(path).result_int() == 429);
  CHECK(p.functions.get("f")->state == fsm::state::inactive);
  p.create("g");
  std::vector<fsm::concurrency_permit> all;
  while (auto permit = p.engine->limiter().acquire("g", "1")) all.push_back(*std::move(permit));
  refused = p.ask("/2015-03-31/functions/g/invocations");
  CHECK(body_of(refused).at("Reason") == "ConcurrentInvocationLimitExceeded");
  CHECK(p.ask("/2015-03-31/functions/nobody/invocations").result_int() == 404);
}

TEST_CASE("an event is accepted when it is kept, and delivered") {
  platform_under_test p;
  const auto accepted = p.ask(path, "7", "X-Amz-Invocation-Type", "Event");
  CHECK(accepted.result_int() == 202);
  p.clock->advance(0ms);
  REQUIRE(p.runner->started().size() == 1);
  CHECK(p.runner->started()[0].payload == "7");
  CHECK(p.runner->started()[0].request_id == std::string{accepted["X-Amzn-Requestid"]});
  p.store_fails = true;
  CHECK(p.ask(path, "8", "X-Amz-Invocation-Type", "Event").result_int() == 500);
  p.clock->advance(1h);
  CHECK(p.runner->started().size() == 1);
}

TEST_CASE("when the queue of events is full they are refused") {
  platform_under_test p;
  p.runner->hold();
  for (int i = 0; i < 3; ++i)
    CHECK(p.ask(path, "7", "X-Amz-Invocation-Type", "Event").result_int() == 202);
  const auto refused = p.ask(path, "7", "X-Amz-Invocation-Type", "Event");
  CHECK(refused.result_int() == 429);
  CHECK(body_of(refused).at("Reason") == "CallerRateLimitExceeded");
  p.runner->finish();
}

TEST_CASE("the older call for events answers with its status") {
  platform_under_test p;
  const std::string older = "/2014-11-13/functions/f/invoke-async";
  const auto accepted = p.ask(older, "7");
  CHECK(accepted.result_int() == 202);
  CHECK(accepted.body() == R"({"Status":202})");
  p.clock->advance(0ms);
  CHECK(p.runner->started().size() == 1);
  CHECK(p.ask(older, "{")["X-Amzn-Errortype"] == "InvalidRequestContentException");
  CHECK(p.ask(older, '"' + std::string(1'048'576, 'x') + '"').result_int() == 413);
  CHECK(p.ask("/2014-11-13/functions/nobody/invoke-async", "7").result_int() == 404);
}

TEST_CASE("a message of a stream has the lengths and checksums of its format") {
  CHECK(platform::wire::hex_encode(platform::wire::stream_message("a", "b", "{}")) ==
        "0000004a000000385f63271f0b3a6576656e742d74797065070001610d3a636f6e74656e742d7479"
        "7065070001620d3a6d6573736167652d747970650700056576656e747b7d51910055");
}

TEST_CASE("a streamed answer has the payload and an end") {
  platform_under_test p;
  const std::string streaming = "/2021-11-15/functions/f/response-streaming-invocations";
  const auto answer = p.ask(streaming, "[7]");
  CHECK(answer.result_int() == 200);
  CHECK(answer[http::proto::field::content_type] == "application/vnd.amazon.eventstream");
  CHECK(answer.body() ==
        platform::wire::stream_message("PayloadChunk", "application/octet-stream", "[7]") +
            platform::wire::stream_message("InvokeComplete", "application/json", "{}"));
  p.runner->answer = scripted_runner::fail;
  const auto failed = p.ask(streaming);
  CHECK_THAT(failed.body(), ContainsSubstring(R"("ErrorCode":"Oops")"));
  CHECK_THAT(failed.body(), !ContainsSubstring("PayloadChunk"));
  CHECK(p.ask(streaming, "1", "X-Amz-Invocation-Type", "Event").result_int() == 400);
}
