#include "jumping_clock.hpp"

#include <catch2/catch_test_macros.hpp>

#include <future>
#include <vector>

using bench::jumping_clock;
using namespace std::chrono_literals;

namespace {
constexpr auto patience = 30s;
}

TEST_CASE("a clock that stands gives the same time until it jumps", "[bench][clock]") {
  jumping_clock clock;
  CHECK_FALSE(clock.is_manual());
  clock.stop();
  const auto before = clock.now();
  CHECK(clock.now() == before);
  CHECK(clock.coarse_now() == before);
  clock.jump(336h);
  CHECK(clock.now() == before + 336h);
  CHECK(clock.coarse_now() == before + 336h);
  clock.stop();
  CHECK(clock.now() == before + 336h);
}

TEST_CASE("a clock that goes on does so from where it stood, at a full millisecond",
          "[bench][clock]") {
  jumping_clock clock;
  clock.stop();
  clock.jump(1h);
  const auto stood = clock.now();
  const auto went = clock.go();
  const auto now = clock.now();
  const auto after = std::chrono::steady_clock::now();
  CHECK(now >= stood);
  CHECK(now - stood <= after - went);
  CHECK(clock.go() >= went);
}

TEST_CASE("a clock never goes back, whatever is done with it", "[bench][clock]") {
  jumping_clock clock;
  auto last = clock.now();
  const auto check = [&] {
    const auto now = clock.now();
    REQUIRE(now >= last);
    last = now;
  };
  for (int i = 0; i < 100; ++i) {
    clock.stop();
    check();
    clock.jump(fsm::duration{i % 3});
    check();
    clock.go();
    check();
    clock.jump(fsm::duration{i % 2});
    check();
    clock.jump(-5ms);
    check();
  }
}

TEST_CASE("a jump runs what is due by then, earlier times first, on the clock's thread",
          "[bench][clock]") {
  jumping_clock clock;
  clock.stop();
  const auto now = clock.now();
  std::vector<int> order;
  std::promise<std::thread::id> done;
  clock.call_at(now + 48h, [&] { done.set_value(std::this_thread::get_id()); });
  clock.call_at(now + 24h, [&] { order.push_back(2); });
  clock.call_at(now + 12h, [&] { order.push_back(1); });
  bool too_early = false;
  clock.call_at(now + 49h, [&] { too_early = true; });
  clock.jump(48h);
  auto came = done.get_future();
  REQUIRE(came.wait_for(patience) == std::future_status::ready);
  CHECK(came.get() != std::this_thread::get_id());
  CHECK(order == std::vector{1, 2});
  CHECK_FALSE(too_early);
}

TEST_CASE("a task of a running clock is called when it is due, not before", "[bench][clock]") {
  jumping_clock clock;
  const auto when = clock.now() + 20ms;
  std::promise<fsm::timestamp> done;
  clock.call_at(fsm::timestamp::max(), [] {});
  clock.call_at(when, [&] { done.set_value(clock.now()); });
  auto came = done.get_future();
  REQUIRE(came.wait_for(patience) == std::future_status::ready);
  CHECK(came.get() >= when);
}

TEST_CASE("a task that is past is called at once, also while the clock stands", "[bench][clock]") {
  jumping_clock clock;
  clock.stop();
  std::promise<void> done;
  clock.call_at(clock.now() - 1h, [&] { done.set_value(); });
  CHECK(done.get_future().wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a task that was taken back is not called", "[bench][clock]") {
  jumping_clock clock;
  clock.stop();
  bool called = false;
  std::promise<void> done;
  const auto id = clock.call_at(clock.now() + 1h, [&] { called = true; });
  clock.call_at(clock.now() + 2h, [&] { done.set_value(); });
  CHECK(id != 0);
  CHECK(clock.cancel(id));
  CHECK_FALSE(clock.cancel(id));
  clock.jump(3h);
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
  CHECK_FALSE(called);
}
