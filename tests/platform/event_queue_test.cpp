#include "invoke/engine.hpp"
#include "support/forwarding_store.hpp"
#include "support/scripted_runner.hpp"
#include <fsm/runtime.hpp>

#include <catch2/catch_test_macros.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using platform::invoke::drop_reason;
using platform::testing::scripted_runner;

namespace {

// Events that outlive the queue.
class lasting_store final : public platform::invoke::event_store {
public:
  struct contents {
    std::map<std::uint64_t, std::pair<std::string, std::string>> events;
    bool fails = false;
  };
  explicit lasting_store(contents& where) : where_{where} {}

  fsm::expected<std::vector<platform::invoke::event>> load() override {
    std::vector<platform::invoke::event> result;
    for (const auto& [id, each] : where_.events)
      result.push_back(*platform::invoke::read_event(id, each.first));
    return result;
  }
  void add(const platform::invoke::event& what, std::string payload, kept done) override {
    if (where_.fails)
      return done(fsm::unexpected({.code = fsm::errc::internal, .message = "the disk is full"}));
    where_.events[what.id] = {write_event(what), std::move(payload)};
    done({});
  }
  void change(const platform::invoke::event& what) override {
    where_.events.at(what.id).first = write_event(what);
  }
  void remove(std::uint64_t id, kept done) override {
    where_.events.erase(id);
    done({});
  }
  fsm::expected<std::string> payload(std::uint64_t id) override {
    return where_.events.at(id).second;
  }
  fsm::expected<void> checkpoint(const std::string&) override { return {}; }

private:
  contents& where_;
};

// Has lost the documents that are to be read next: as when an update replaces the version
// meanwhile.
class overtaken_store final : public fsm::testing::forwarding_store {
public:
  int left = 0;

  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(fsm::expected<std::string>)> done) override {
    if (left == 0) return inner().read_document(uid, version, std::move(done));
    --left;
    done(fsm::unexpected({.code = fsm::errc::not_found, .message = "replaced"}));
  }
};

// Tells that an event is kept only when it is stopped, on a thread of its own.
class late_store final : public platform::invoke::event_store {
public:
  fsm::expected<std::vector<platform::invoke::event>> load() override {
    return std::vector<platform::invoke::event>{};
  }
  void add(const platform::invoke::event&, std::string, kept done) override {
    thread_ = std::thread{[done = std::move(done), end = end_.get_future()] {
      end.wait();
      done({});
    }};
  }
  void change(const platform::invoke::event&) override {}
  void remove(std::uint64_t, kept done) override { done({}); }
  fsm::expected<std::string> payload(std::uint64_t) override { return "1"; }
  fsm::expected<void> checkpoint(const std::string&) override { return {}; }
  void stop() override {
    end_.set_value();
    thread_.join();
  }

private:
  std::promise<void> end_;
  std::thread thread_;
};

// Its invocations end when the test says so, also when it is gone itself.
class loose_runner final : public platform::invoke::runner {
public:
  struct contents {
    std::vector<finished> running;
    std::function<void()> on_cancel;
  };
  explicit loose_runner(contents& where) : where_{where} {}

  cancel run(platform::invoke::invocation, finished done) override {
    where_.running.push_back(std::move(done));
    return [&where = where_] { where.on_cancel(); };
  }

private:
  contents& where_;
};

platform::invoke::order order_for(const std::string& function) {
  platform::invoke::order result;
  result.name = result.function = function;
  result.version = "$LATEST";
  return result;
}

struct queue_under_test {
  std::shared_ptr<overtaken_store> documents = std::make_shared<overtaken_store>();
  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  lasting_store::contents kept;
  fsm::runtime functions{make_options()};
  std::ostringstream log_text;
  std::shared_ptr<spdlog::logger> log = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text));
  platform::invoke::event_settings settings;
  platform::invoke::event_limits limits;
  scripted_runner* runner = nullptr;
  std::unique_ptr<platform::invoke::engine> engine;

  queue_under_test() { start(); }

  fsm::options make_options() {
    fsm::options result;
    result.store = documents;
    result.clock = clock;
    result.threads = 1;
    result.idle_after = 24h * 14;
    return result;
  }

  void start() {
    auto runs = std::make_unique<scripted_runner>();
    runner = runs.get();
    platform::invoke::engine_options how;
    how.account_concurrency = 200;
    how.runs = std::move(runs);
    how.events = std::make_unique<lasting_store>(kept);
    how.event_settings = [this](const std::string&, const std::string&) { return settings; };
    how.limits = limits;
    how.stop_patience = 0ms;
    engine = *platform::invoke::engine::start(functions, clock, log, std::move(how));
  }

  void create(const std::string& name) {
    REQUIRE(functions.create({.name = name}));
    REQUIRE(functions.wait(name, fsm::active, 1min));
  }

  fsm::expected<void> send(const std::string& function, std::string payload = "1",
                           const std::string& qualifier = "") {
    fsm::expected<void> result;
    platform::invoke::event what;
    what.request_id = "r";
    what.function = function;
    what.qualifier = qualifier;
    engine->events().add(std::move(what), std::move(payload),
                         [&](const auto& done) { result = done; });
    clock->advance(0ms);  // Until nothing more happens.
    return result;
  }

  platform::invoke::event_counters counters() const { return engine->events().counters(); }
  std::uint64_t dropped(drop_reason why) const {
    return counters().dropped[static_cast<std::size_t>(why)];
  }
};

}  // namespace

TEST_CASE("an event is delivered once and forgotten") {
  queue_under_test q;
  q.create("f");
  REQUIRE(q.send("f", R"({"n":1})"));
  REQUIRE(q.runner->started().size() == 1);
  CHECK(q.runner->started()[0].payload == R"({"n":1})");
  CHECK(q.runner->started()[0].version == "$LATEST");
  CHECK(q.counters().delivered == 1);
  CHECK(q.counters().queued == 0);
  CHECK(q.counters().in_flight == 0);
  CHECK(q.kept.events.empty());
}

TEST_CASE("an event whose function fails runs again after one minute and after two more") {
  queue_under_test q;
  q.create("f");
  q.runner->answer = scripted_runner::fail;
  REQUIRE(q.send("f"));
  CHECK(q.runner->started().size() == 1);
  q.clock->advance(59999ms);
  CHECK(q.runner->started().size() == 1);
  q.clock->advance(1ms);
  CHECK(q.runner->started().size() == 2);
  q.clock->advance(119999ms);
  CHECK(q.runner->started().size() == 2);
  q.clock->advance(1ms);
  CHECK(q.runner->started().size() == 3);
  CHECK(q.dropped(drop_reason::retries_exhausted) == 1);
  CHECK(q.counters().retried == 2);
  CHECK(q.kept.events.empty());
  CHECK(q.log_text.str().find("event dropped function=\"f\" request=r reason=RetriesExhausted "
                              "age_seconds=180 attempts=3") != std::string::npos);
  q.clock->advance(24h);
  CHECK(q.runner->started().size() == 3);
}

TEST_CASE("an event is tried as often as its settings say") {
  queue_under_test q;
  q.create("f");
  q.runner->answer = scripted_runner::fail;
  q.settings.retries_max = 0;
  REQUIRE(q.send("f"));
  CHECK(q.dropped(drop_reason::retries_exhausted) == 1);
}

TEST_CASE("a throttled event is tried again after 1, 2, 4 ... seconds, at most 5 minutes") {
  queue_under_test q;
  q.create("f");
  auto& limiter = q.engine->limiter();
  REQUIRE(limiter.set_reserved("f", 1));
  auto busy = *limiter.acquire("f", "$LATEST");
  REQUIRE(q.send("f"));
  std::vector<fsm::duration> pauses;
  auto since = q.clock->now();
  while (pauses.size() < 12) {
    const auto before = q.counters().retried;
    REQUIRE(q.clock->advance_to_next(q.clock->now() + 10min));
    if (q.counters().retried == before) continue;
    pauses.push_back(q.clock->now() - since);
    since = q.clock->now();
  }
  CHECK(pauses ==
        std::vector<fsm::duration>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s, 300s});
  CHECK(q.runner->started().empty());
  busy.release();
  q.clock->advance(5min);
  CHECK(q.counters().delivered == 1);
}

TEST_CASE("an event that cannot run is dropped at its age, to the millisecond") {
  queue_under_test q;
  q.create("f");
  auto& limiter = q.engine->limiter();
  REQUIRE(limiter.set_reserved("f", 1));
  const auto busy = *limiter.acquire("f", "$LATEST");
  REQUIRE(q.send("f"));
  q.clock->advance(6h - 1ms);
  CHECK(q.counters().queued == 1);
  q.clock->advance(1ms);
  CHECK(q.dropped(drop_reason::event_age_exceeded) == 1);
  CHECK(q.counters().queued == 0);
}

TEST_CASE("a retry that would come after the event's age is not made") {
  queue_under_test q;
  q.create("f");
  q.settings.age_max = 90s;
  q.runner->answer = scripted_runner::fail;
  REQUIRE(q.send("f"));
  q.clock->advance(90s);
  CHECK(q.runner->started().size() == 2);
  CHECK(q.dropped(drop_reason::event_age_exceeded) == 1);
}

TEST_CASE("events of a function with nothing to run on are dropped at once") {
  queue_under_test q;
  q.create("f");
  REQUIRE(q.engine->limiter().set_reserved("f", 0));
  REQUIRE(q.send("f"));
  CHECK(q.dropped(drop_reason::zero_reserved_concurrency) == 1);
  CHECK(q.runner->started().empty());
}

TEST_CASE("an event of a function or version that is gone is dropped") {
  queue_under_test q;
  REQUIRE(q.send("nobody"));
  q.create("f");
  REQUIRE(q.send("f", "1", "7"));
  CHECK(q.dropped(drop_reason::function_not_found) == 2);
}

TEST_CASE("an event whose function is updated again and again waits, and is not dropped") {
  queue_under_test q;
  q.create("f");
  q.documents->left = 4;
  REQUIRE(q.send("f"));
  CHECK(q.documents->left == 0);
  CHECK(q.runner->started().empty());
  CHECK(q.dropped(drop_reason::function_not_found) == 0);
  CHECK(q.counters().queued == 1);
  CHECK(q.engine->limiter().unreserved_free() == 200);
  q.clock->advance(1s);
  CHECK(q.counters().delivered == 1);
}

TEST_CASE("a function that is throttled holds nobody back") {
  queue_under_test q;
  q.create("busy");
  q.create("f");
  REQUIRE(q.engine->limiter().set_reserved("busy", 1));
  const auto held = *q.engine->limiter().acquire("busy", "$LATEST");
  for (int i = 0; i < 50; ++i) REQUIRE(q.send("busy"));
  for (int i = 0; i < 3; ++i) REQUIRE(q.send("f"));
  CHECK(q.counters().delivered == 3);
  CHECK(q.counters().queued == 50);
  CHECK(q.counters().retried < 5);
}

TEST_CASE("functions take turns when there is room for few") {
  queue_under_test q;
  q.limits.in_flight_max = 1;
  q.start();
  q.create("a");
  q.create("b");
  q.runner->hold();
  REQUIRE(q.send("a", "1"));
  for (const auto* payload : {"2", "3", "4"}) REQUIRE(q.send("a", payload));
  for (const auto* payload : {"5", "6"}) REQUIRE(q.send("b", payload));
  CHECK(q.runner->waiting() == 1);
  CHECK(q.counters().in_flight == 1);
  q.runner->finish();
  q.clock->advance(0ms);
  std::string order;
  for (const auto& each : q.runner->started()) order += each.payload;
  CHECK(order == "125364");
}

TEST_CASE("one function cannot take all places") {
  queue_under_test q;
  q.limits.in_flight_max = 8;
  q.limits.in_flight_each_max = 3;
  q.start();
  q.create("a");
  q.create("b");
  q.runner->hold();
  for (int i = 0; i < 10; ++i) REQUIRE(q.send("a"));
  CHECK(q.runner->waiting() == 3);
  REQUIRE(q.send("b"));
  CHECK(q.runner->waiting() == 4);
  q.runner->finish();
  q.clock->advance(0ms);
  CHECK(q.counters().delivered == 11);
}

TEST_CASE("when something of a throttled function ends, the next runs at once") {
  queue_under_test q;
  q.create("f");
  REQUIRE(q.engine->limiter().set_reserved("f", 1));
  q.runner->hold();
  for (int i = 0; i < 3; ++i) REQUIRE(q.send("f"));
  CHECK(q.runner->waiting() == 1);
  q.runner->finish();
  q.clock->advance(0ms);
  CHECK(q.counters().delivered == 3);
}

TEST_CASE("a full queue refuses, and has room again when an event is delivered") {
  queue_under_test q;
  q.limits.events_max = 2;
  q.limits.bytes_max = 10;
  q.start();
  q.create("f");
  q.runner->hold();
  REQUIRE(q.send("f", "12345678"));
  CHECK(q.send("f", "123").error().code == fsm::errc::too_many_requests);
  REQUIRE(q.send("f", "1"));
  CHECK(q.send("f", "1").error().code == fsm::errc::too_many_requests);
  q.runner->finish();
  q.clock->advance(0ms);
  CHECK(q.send("f", "1234567890"));
}

TEST_CASE("an event that cannot be kept is not accepted") {
  queue_under_test q;
  q.create("f");
  q.kept.fails = true;
  CHECK(q.send("f").error().message == "the disk is full");
  CHECK(q.counters().queued == 0);
  CHECK(q.runner->started().empty());
  q.kept.fails = false;
  CHECK(q.send("f"));
}

TEST_CASE("a runner that breaks is tried again, and holds no other event back") {
  queue_under_test q;
  q.create("f");
  q.runner->answer = [](const auto& what) {
    if (what.payload == "1") throw std::runtime_error{"no such program"};
    return scripted_runner::give_back(what);
  };
  REQUIRE(q.send("f", "1"));
  REQUIRE(q.send("f", "2"));
  CHECK(q.counters().delivered == 1);
  q.clock->advance(10s);
  CHECK(q.runner->started().size() == 5);  // At 0, 1, 3 and 7 seconds, and the other.
  q.runner->answer = scripted_runner::give_back;
  q.clock->advance(8s);
  CHECK(q.counters().delivered == 2);
}

TEST_CASE("an event that takes too long counts as failed, and is cancelled") {
  queue_under_test q;
  q.create("f");
  q.settings.retries_max = 0;
  q.runner->hold();
  REQUIRE(q.send("f"));
  q.clock->advance(3s);
  CHECK(q.runner->cancelled() == 1);
  CHECK(q.dropped(drop_reason::retries_exhausted) == 1);
  q.runner->finish();
  CHECK(q.counters().delivered == 0);
}

TEST_CASE("an event of a function that was idle is delivered when it is back") {
  queue_under_test q;
  q.create("f");
  q.clock->advance(24h * 15);
  REQUIRE(q.functions.get("f")->state == fsm::state::inactive);
  REQUIRE(q.functions.admit_async("f"));
  REQUIRE(q.send("f"));
  q.clock->advance(10s);
  CHECK(q.counters().delivered == 1);
}

TEST_CASE("a restart goes on where it was, with the tries that have been made") {
  queue_under_test q;
  q.create("f");
  q.runner->answer = scripted_runner::fail;
  REQUIRE(q.send("f", "7"));
  q.clock->advance(30s);
  q.engine.reset();
  q.start();
  CHECK(q.counters().queued == 1);
  q.clock->advance(29s);
  CHECK(q.runner->started().empty());
  q.clock->advance(1s);
  REQUIRE(q.runner->started().size() == 1);
  CHECK(q.runner->started()[0].payload == "7");
  CHECK(q.counters().delivered == 1);
}

TEST_CASE("what was being delivered at a stop runs again") {
  queue_under_test q;
  q.create("f");
  q.runner->hold();
  REQUIRE(q.send("f"));
  q.engine->stop();
  CHECK(q.send("f").error().code == fsm::errc::stopped);
  CHECK(q.kept.events.size() == 1);
  q.runner->finish();
  CHECK(q.kept.events.empty());  // It ended after all.
}

TEST_CASE("an event that is still being kept at the end is accepted") {
  queue_under_test q;
  platform::invoke::engine_options how;
  how.events = std::make_unique<late_store>();
  q.engine = *platform::invoke::engine::start(q.functions, q.clock, q.log, std::move(how));
  std::optional<fsm::expected<void>> accepted;
  platform::invoke::event what;
  what.function = "f";
  q.engine->events().add(std::move(what), "1", [&](const auto& done) { accepted = done; });
  CHECK_FALSE(accepted);
  q.engine.reset();
  REQUIRE(accepted);
  CHECK(*accepted);
}

TEST_CASE("an invocation that does not end holds nothing beyond the engine") {
  queue_under_test q;
  q.create("f");
  int cancelled = 0;
  loose_runner::contents all;
  all.on_cancel = [&] { ++cancelled; };
  platform::invoke::engine_options how;
  how.runs = std::make_unique<loose_runner>(all);
  how.stop_patience = 0ms;
  q.engine = *platform::invoke::engine::start(q.functions, q.clock, q.log, std::move(how));
  std::vector<platform::invoke::invoker::result> results;
  q.engine->runs().start(order_for("f"), [&](const auto& result) { results.push_back(result); });
  REQUIRE(all.running.size() == 1);
  CHECK(q.engine->limiter().unreserved_free() == 999);
  q.engine.reset();
  CHECK(cancelled == 1);
  REQUIRE(results.size() == 1);
  REQUIRE_FALSE(results[0]);
  CHECK(results[0].error().why.code == fsm::errc::stopped);
  q.clock->advance(24h * 15);  // Beyond its deadline.
  CHECK(q.functions.get("f")->state == fsm::state::inactive);
  all.running[0]({});
  CHECK(results.size() == 1);
  CHECK(cancelled == 1);
}

TEST_CASE("an invocation that ends when it is cancelled is waited for") {
  queue_under_test q;
  q.create("f");
  std::atomic<bool> ended = false;
  std::thread ending;
  loose_runner::contents all;
  all.on_cancel = [&] {
    ending = std::thread{[&] {
      std::this_thread::yield();
      ended = true;
      all.running[0]({});
    }};
  };
  platform::invoke::engine_options how;
  how.runs = std::make_unique<loose_runner>(all);
  how.stop_patience = 60s;
  q.engine = *platform::invoke::engine::start(q.functions, q.clock, q.log, std::move(how));
  int answers = 0;
  q.engine->runs().start(order_for("f"), [&](const auto&) { ++answers; });
  q.engine.reset();
  CHECK(ended);
  CHECK(answers == 1);
  ending.join();
}

TEST_CASE("an event is written and read back, and what is none is not read") {
  platform::invoke::event what{.id = 5,
                               .request_id = "r",
                               .function = "f",
                               .qualifier = "blue",
                               .invoked_arn = "arn:blue",
                               .client_context = "e30=",
                               .trace_id = "t",
                               .accepted_at = fsm::timestamp{5s},
                               .due = fsm::timestamp{7s},
                               .runs = 1,
                               .breakdowns = 2,
                               .payload_bytes = 3};
  const auto read = platform::invoke::read_event(5, write_event(what));
  REQUIRE(read);
  CHECK(write_event(*read) == write_event(what));
  CHECK(read->id == 5);
  CHECK(read->due == what.due);
  for (const auto* text : {"", "{", "[]", "{}", R"({"request_id":1})"})
    CHECK_FALSE(platform::invoke::read_event(1, text));
}
