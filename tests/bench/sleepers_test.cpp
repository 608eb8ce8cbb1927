#include "sleepers.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

using namespace bench;

namespace {

settings few(std::uint64_t functions) {
  settings how;
  how.functions = functions;
  how.threads = 2;
  return how;
}

}  // namespace

TEST_CASE("functions fall asleep when the clock jumps, and are woken by invocations",
          "[bench][sleepers]") {
  const name_list names{500};
  const scattered_order order{500};
  sleepers some{few(500), names, order, {}};
  CHECK(some.count(fsm::pairs::ready) == 500);
  for (int round = 0; round < 2; ++round) {
    const auto asleep = some.put_to_sleep(two_weeks + std::chrono::seconds{2}, 500);
    CHECK(asleep.ops == 500);
    CHECK(asleep.failures == 0);
    CHECK(some.count(fsm::pairs::idle) == 500);
    CHECK(some.provider().released() == static_cast<std::uint64_t>(500 * (round + 1)));
    const auto awake = some.wake(500);
    CHECK(awake.ops == 500);
    CHECK(awake.failures == 0);
    CHECK(awake.latency.count() == 500);
    CHECK(some.count(fsm::pairs::ready) == 500);
  }
}

TEST_CASE("the first turns can be woken alone", "[bench][sleepers]") {
  const name_list names{100};
  const scattered_order order{100};
  sleepers some{few(100), names, order, {}};
  (void)some.put_to_sleep(two_weeks + std::chrono::seconds{2}, 100);
  CHECK(some.wake(30).ops == 30);
  CHECK(some.count(fsm::pairs::idle) == 70);
  CHECK(some.runtime().admit(some.name_at(29)));
  CHECK_FALSE(some.runtime().admit(some.name_at(30)));
}

TEST_CASE("single functions may have idle times of their own", "[bench][sleepers]") {
  const name_list names{64};
  const scattered_order order{64};
  sleep_plan plan;
  plan.idle_after = [](std::uint64_t item) -> std::optional<fsm::duration> {
    if (item % 16 != 0) return std::nullopt;
    return std::chrono::hours{1};
  };
  sleepers some{few(64), names, order, plan};
  const auto asleep = some.put_to_sleep(std::chrono::hours{2}, 4);
  CHECK(asleep.ops == 4);
  CHECK(some.count(fsm::pairs::ready) == 60);
}

TEST_CASE("there is time for a round that ends in time", "[bench][sleepers]") {
  const auto now = bench::clock::now();
  CHECK(has_time_for(1, now, 30));
  CHECK_FALSE(has_time_for(31, now, 30));
}
