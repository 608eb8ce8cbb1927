#include <fsm/clock.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>

using namespace std::chrono_literals;

namespace {

// Due after so long, while the clock may be asleep for something that comes later, or earlier.
bool is_run(fsm::clock& clock, fsm::duration after) {
  std::promise<void> done;
  auto waits = done.get_future();
  const auto id = clock.call_at(clock.now() + after, [&done] { done.set_value(); });
  if (waits.wait_for(30s) == std::future_status::ready) return true;
  return !clock.cancel(id);
}

}  // namespace

TEST_CASE("The machine's clock runs what is due before all that it sleeps for") {
  const auto clock = fsm::make_system_clock();
  CHECK(is_run(*clock, 1ms));
  clock->call_at(clock->now() + 2h, [] {});
  CHECK(is_run(*clock, 1ms));
  clock->call_at(clock->now() + 1h, [] {});
  CHECK(is_run(*clock, 1ms));
  CHECK(is_run(*clock, -1h));
}

TEST_CASE("The machine's clock runs what is due when all that came before has been taken back") {
  const auto clock = fsm::make_system_clock();
  const auto first = clock->call_at(clock->now() + 20ms, [] {});
  CHECK(clock->cancel(first));
  CHECK(is_run(*clock, 40ms));
  static_cast<void>(clock->coarse_now());  // It ticks from now on.
  const auto other = clock->call_at(clock->now() + 1h, [] {});
  CHECK(is_run(*clock, 1ms));
  CHECK(is_run(*clock, 200ms));  // It has ceased to tick meanwhile.
  CHECK(clock->cancel(other));
}
