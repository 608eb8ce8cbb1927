#include "bench_clock.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

using bench::bench_clock;
using namespace std::chrono_literals;

namespace {

/// The result of a task of `clock` at `when`; a minute is more than any machine needs.
std::shared_ptr<std::promise<fsm::timestamp>> ring(bench_clock& clock, fsm::timestamp when,
                                                   fsm::clock::task_id* id = nullptr) {
  auto rung = std::make_shared<std::promise<fsm::timestamp>>();
  const auto task = clock.call_at(when, [rung, &clock] { rung->set_value(clock.now()); });
  if (id != nullptr) *id = task;
  return rung;
}

}  // namespace

TEST_CASE("a bench clock begins in 2026 and is none that is moved by hand", "[bench][clock]") {
  const bench_clock clock;
  constexpr fsm::timestamp start{std::chrono::sys_days{2026y / 1 / 1}};
  CHECK(clock.now() >= start);
  CHECK(clock.now() < start + 1h);
  CHECK_FALSE(clock.is_manual());
}

TEST_CASE("a bench clock passes as many times faster as its factor says", "[bench][clock]") {
  constexpr double factor = 1e6;
  const bench_clock clock{factor};
  const auto real_before = std::chrono::steady_clock::now();
  const auto first = clock.now();
  const auto real_first = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - real_first < 1ms) {
  }
  const auto real_second = std::chrono::steady_clock::now();
  const auto second = clock.now();
  const auto real_after = std::chrono::steady_clock::now();
  const std::chrono::duration<double> least = (real_second - real_first) * factor;
  const std::chrono::duration<double> most = (real_after - real_before) * factor;
  CHECK(second - first >= least - 2ms);
  CHECK(second - first <= most + 2ms);
}

TEST_CASE("a jump moves time at once and runs what becomes due", "[bench][clock]") {
  bench_clock clock;
  const auto before = clock.now();
  const auto rung = ring(clock, before + 14 * 24h);
  const auto later = ring(clock, before + 15 * 24h);
  clock.jump(14 * 24h);
  CHECK(clock.now() >= before + 14 * 24h);
  CHECK(clock.coarse_now() >= before + 14 * 24h);
  CHECK(clock.now() < before + 14 * 24h + 1h);
  auto when = rung->get_future();
  REQUIRE(when.wait_for(1min) == std::future_status::ready);
  CHECK(when.get() >= before + 14 * 24h);
  CHECK(later->get_future().wait_for(0s) == std::future_status::timeout);
}

TEST_CASE("a bench clock that is sped up goes on from where it was", "[bench][clock]") {
  bench_clock clock;
  clock.jump(1h);
  const auto before = clock.now();
  const auto rung = ring(clock, before + 30 * 24h);
  clock.speed_up(1e8);  // 30 days in 26 milliseconds.
  CHECK(clock.now() >= before);
  auto when = rung->get_future();
  REQUIRE(when.wait_for(1min) == std::future_status::ready);
  CHECK(when.get() >= before + 30 * 24h);
}

TEST_CASE("a bench clock does not slow down, so that nobody sees it go back", "[bench][clock]") {
  bench_clock clock{1e6};
  clock.speed_up(1);
  const auto begin = std::chrono::steady_clock::now();
  const auto first = clock.now();
  auto last = first;
  auto last_coarse = clock.coarse_now();
  for (int i = 0; i < 1'000; ++i) {
    if (i % 100 == 0) clock.jump(1ms);
    const auto coarse = clock.coarse_now();
    const auto now = clock.now();
    CHECK(now >= last);
    CHECK(coarse >= last_coarse);
    last = now;
    last_coarse = coarse;
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(last - first <= std::chrono::duration<double>(took) * 1e6 + 12ms);  // Ten jumps.
  CHECK(last - first >= std::chrono::duration<double>(took) * 1e3);
}

TEST_CASE("a task of a bench clock can be taken back until it runs", "[bench][clock]") {
  bench_clock clock;
  const auto before = clock.now();
  fsm::clock::task_id id = 0;
  const auto cancelled = ring(clock, before + 1h, &id);
  CHECK(clock.cancel(id));
  CHECK_FALSE(clock.cancel(id));
  const auto rung = ring(clock, before + 2h, &id);
  clock.jump(2h);
  REQUIRE(rung->get_future().wait_for(1min) == std::future_status::ready);
  CHECK_FALSE(clock.cancel(id));
  CHECK(cancelled->get_future().wait_for(0s) == std::future_status::timeout);
}

TEST_CASE("a clock that stands gives the same time until it jumps", "[bench][clock]") {
  bench_clock clock;
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
  bench_clock clock;
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
  bench_clock clock;
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
  bench_clock clock;
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
  REQUIRE(came.wait_for(1min) == std::future_status::ready);
  CHECK(came.get() != std::this_thread::get_id());
  CHECK(order == std::vector{1, 2});
  CHECK_FALSE(too_early);
}

TEST_CASE("a task of a running clock is called when it is due, not before", "[bench][clock]") {
  bench_clock clock;
  const auto when = clock.now() + 20ms;
  std::promise<fsm::timestamp> done;
  clock.call_at(fsm::timestamp::max(), [] {});
  clock.call_at(when, [&] { done.set_value(clock.now()); });
  auto came = done.get_future();
  REQUIRE(came.wait_for(1min) == std::future_status::ready);
  CHECK(came.get() >= when);
}

TEST_CASE("a task that is past is called at once, also while the clock stands", "[bench][clock]") {
  bench_clock clock;
  clock.stop();
  std::promise<void> done;
  clock.call_at(clock.now() - 1h, [&] { done.set_value(); });
  CHECK(done.get_future().wait_for(1min) == std::future_status::ready);
}

TEST_CASE("the coarse time of a bench clock follows the clock, also after a rest",
          "[bench][clock]") {
  bench_clock clock;
  const auto follows = [&] {
    const auto reached = clock.now() + 10ms;
    const auto give_up_at = std::chrono::steady_clock::now() + 1min;
    while (clock.coarse_now() < reached) REQUIRE(std::chrono::steady_clock::now() < give_up_at);
    CHECK(clock.coarse_now() <= clock.now());
  };
  follows();
  clock.jump(1h);
  const auto rested = clock.now() + 200ms;  // Longer than it goes on unasked.
  REQUIRE(ring(clock, rested)->get_future().wait_for(1min) == std::future_status::ready);
  CHECK(clock.coarse_now() + 1h > rested);
  follows();
  clock.speed_up(2);
  follows();
}
