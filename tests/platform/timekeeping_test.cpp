#include "invoke/invoker.hpp"
#include <fsm/clock.hpp>
#include <fsm/runtime.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace platform::invoke;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// Gets its functions ready first, and answers at once for what it is told to cancel.
class slow_starter final : public runner {
public:
  std::optional<invocation> what;
  finished done;

  cancel run(invocation wanted, finished tell) override {
    what = std::move(wanted);
    done = std::move(tell);
    return [this] {
      outcome so_far;
      so_far.log = "half a line";
      so_far.init_duration = 20ms;
      done(std::move(so_far));
    };
  }
  [[nodiscard]] bool keeps_time() const noexcept override { return true; }
};

struct scene {
  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  fsm::runtime functions{[this] {
    fsm::options how;
    how.clock = clock;
    how.threads = 1;
    return how;
  }()};
  std::shared_ptr<slow_starter> runs = std::make_shared<slow_starter>();
  std::shared_ptr<invoker> invocations = std::make_shared<invoker>(
      functions, std::make_shared<fsm::concurrency_limiter>(1000), runs, clock);
  std::optional<invoker::result> answer;

  scene() {
    REQUIRE(functions.create({.name = "f", .document = R"({"Timeout":5})"}));
    clock->advance(1s);
    order wanted;
    wanted.name = wanted.function = "f";
    wanted.version = "$LATEST";
    wanted.request_id = "id";
    invocations->start(std::move(wanted),
                       [this](invoker::result what) { answer = std::move(what); });
    REQUIRE(runs->what);
  }
};

}  // namespace

TEST_CASE("The time to get a function ready is not the function's own") {
  scene s;
  s.clock->advance(1min);
  CHECK_FALSE(s.answer);
  CHECK(s.runs->what->begin() == s.clock->now() + 5s);
  s.clock->advance(4999ms);
  CHECK_FALSE(s.answer);
  s.clock->advance(1ms);
  CHECK(s.answer);
}

TEST_CASE("What a function wrote until its time was over is in its log") {
  scene s;
  s.runs->what->begin();
  s.clock->advance(5s);
  REQUIRE(s.answer);
  REQUIRE(*s.answer);
  const auto& what = (*s.answer)->what;
  CHECK(what.function_error == "Unhandled");
  CHECK_THAT(what.payload, ContainsSubstring("Sandbox.Timedout"));
  CHECK(what.log == "half a line\nid Task timed out after 5.00 seconds\n");
  CHECK(what.duration == 5s);
  CHECK(what.init_duration == 20ms);
}

TEST_CASE("Who runs an invocation is told whose resources it runs on") {
  scene s;
  CHECK(s.runs->what->resource == fsm::attempt_token{s.functions.get("f")->uid, 1});
}

TEST_CASE("Where there is no room an invocation is refused, and may come again") {
  scene s;
  outcome full;
  full.broken = "no room";
  full.no_room = true;
  s.runs->done(full);
  REQUIRE(s.answer);
  REQUIRE_FALSE(*s.answer);
  CHECK(s.answer->error().why.code == fsm::errc::too_many_requests);
}
