#include "slow_parts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <future>
#include <vector>

using namespace bench;
using std::chrono::hours;
using std::chrono::milliseconds;

TEST_CASE("what is delayed comes in order, and not early", "[bench][slow_parts]") {
  std::vector<int> order;
  std::promise<void> all;
  const auto begin = clock::now();
  delay_line line;
  line.after(milliseconds{20}, [&] { order.push_back(1); });
  line.after(milliseconds{10}, [&] {
    order.push_back(2);
    all.set_value();
  });
  all.get_future().wait();
  CHECK(order == std::vector<int>{1, 2});
  CHECK(clock::now() - begin >= milliseconds{20});
}

TEST_CASE("what is not due in the end is dropped", "[bench][slow_parts]") {
  std::atomic<bool> called{false};
  {
    delay_line line;
    line.after(hours{1}, [&] { called = true; });
  }
  CHECK_FALSE(called);
}

TEST_CASE("a slow provider answers later, and at once when it is told to", "[bench][slow_parts]") {
  slow_provider provider{hours{1}};
  std::atomic<int> answers{0};
  const auto ask = [&] {
    provider.provision({}, fsm::completion{[&](auto, auto, auto) { ++answers; }});
  };
  ask();
  CHECK(answers == 0);
  provider.slow_down(false);
  ask();
  CHECK(answers == 1);
}

TEST_CASE("a slow store takes its time for a commit", "[bench][slow_parts]") {
  slow_store store{fsm::make_memory_store(), milliseconds{10}, milliseconds{1}};
  REQUIRE(store.open());
  std::promise<bool> answered;
  const auto begin = clock::now();
  store.commit({.changes = {}, .notes = {}, .epoch = 1, .at = {}},
               [&](const fsm::expected<void>& result) { answered.set_value(result.has_value()); });
  static_cast<void>(answered.get_future().get());
  CHECK(clock::now() - begin >= milliseconds{10});
}
