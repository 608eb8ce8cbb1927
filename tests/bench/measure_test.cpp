#include "measure.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>

using namespace bench;
using namespace std::chrono_literals;

namespace {

class counting final : public operation {
public:
  explicit counting(std::atomic<std::uint64_t>& total, std::uint64_t fails_every = 0)
      : total_{total}, fails_every_{fails_every} {}

  void run(std::uint64_t count, measurement& out) override {
    for (; count > 0; --count) {
      const auto number = ++total_;
      if (fails_every_ > 0 && number % fails_every_ == 0)
        out.fail("number " + std::to_string(number));
    }
  }

private:
  std::atomic<std::uint64_t>& total_;
  std::uint64_t fails_every_;
};

std::vector<std::unique_ptr<operation>> workers(std::size_t threads, auto&... arguments) {
  std::vector<std::unique_ptr<operation>> made;
  for (std::size_t i = 0; i < threads; ++i)
    made.push_back(std::make_unique<counting>(arguments...));
  return made;
}

}  // namespace

TEST_CASE("a closed loop counts every operation and samples some", "[bench][measure]") {
  std::atomic<std::uint64_t> total{0};
  const auto got = run_threads(workers(2, total), {.seconds = 0.02, .rate = 0}, {.interval = 16});
  CHECK(got.ops == total.load());
  CHECK(got.ops > 0);
  CHECK(got.latency.count() == got.ops / 16);
  CHECK(got.seconds >= 0.02);
  CHECK(got.failures == 0);
}

TEST_CASE("failures are told apart from operations, and the first is kept", "[bench][measure]") {
  std::atomic<std::uint64_t> total{0};
  std::uint64_t every = 4;
  const auto got = run_threads(workers(1, total, every), {.seconds = 0.01, .rate = 0});
  CHECK(got.failures == total.load() / 4);
  CHECK(got.ops == total.load() - got.failures);
  CHECK(got.first_failure == "number 4");
}

TEST_CASE("an open loop does what its schedule says and times all of it", "[bench][measure]") {
  std::atomic<std::uint64_t> total{0};
  const auto got = run_threads(workers(2, total), {.seconds = 0.1, .rate = 1'000});
  CHECK(total.load() <= 100);
  CHECK(got.ops == total.load());
  CHECK(got.latency.count() == got.ops);
  CHECK(got.seconds >= 0.1);
}

TEST_CASE("threads take their turns in an open loop one after the other", "[bench][measure]") {
  const time_point begin{};
  CHECK(intended_start(begin, 0, 0, 2, 1'000) == begin);
  CHECK(intended_start(begin, 0, 1, 2, 1'000) == begin + 1ms);
  CHECK(intended_start(begin, 1, 0, 2, 1'000) == begin + 2ms);
  CHECK(intended_start(begin, 500, 1, 2, 1'000) == begin + 1'001ms);
}

TEST_CASE("measurements add up, side by side and one after the other", "[bench][measure]") {
  measurement first;
  first.ops = 10;
  first.seconds = 2;
  measurement second;
  second.ops = 30;
  second.seconds = 3;
  second.fail("late");
  measurement parallel;
  parallel.add_parallel(first);
  parallel.add_parallel(second);
  CHECK(parallel.ops_per_second() == 40.0 / 3);
  CHECK(parallel.first_failure == "late");
  measurement serial;
  serial.add_later(first);
  serial.add_later(second);
  CHECK(serial.ops_per_second() == 8);
}

TEST_CASE("calls of several operations start and are timed together", "[bench][measure]") {
  std::atomic<std::uint64_t> total{0};
  auto got =
      run_threads(workers(1, total), {.seconds = 0.01, .rate = 0}, {.interval = 4, .per_call = 32});
  CHECK(got.ops == total.load());
  CHECK(got.latency.count() == got.ops / (4 * 32));
  total = 0;
  got = run_threads(workers(1, total), {.seconds = 0.1, .rate = 3'200}, {.per_call = 32});
  CHECK(got.ops == total.load());
  CHECK(got.ops <= 320);
  CHECK(got.latency.count() == got.ops / 32);
}

TEST_CASE("the slowest thread is told of a closed loop of several", "[bench][measure]") {
  std::vector<measurement> parts(4);
  for (auto& part : parts) {
    part.ops = 100;
    part.seconds = 1;
  }
  parts[2].ops = 20;
  CHECK(together(parts, {.rate = 0}).ops == 320);
  CHECK(together(parts, {.rate = 0}).slowest_thread_share == 0.25);
  CHECK_FALSE(together(parts, {.rate = 10}).slowest_thread_share);
  parts.resize(1);
  CHECK_FALSE(together(parts, {.rate = 0}).slowest_thread_share);

  measurement rounds;
  for (const double share : {0.9, 0.4, 0.7}) {
    measurement once;
    once.slowest_thread_share = share;
    rounds.add_later(once);
  }
  CHECK(rounds.slowest_thread_share == 0.4);
}

TEST_CASE("what failed in a preparation is thrown", "[bench][measure]") {
  measurement fine;
  CHECK_NOTHROW(require_success(fine));
  fine.fail("no");
  CHECK_THROWS_AS(require_success(fine), std::runtime_error);
}

TEST_CASE("waiting lasts until the moment, asleep or awake", "[bench][measure]") {
  for (auto* const wait : {wait_until, sleep_until}) {
    const auto when = later(bench::clock::now(), 0.003);
    wait(when);
    CHECK(bench::clock::now() >= when);
    wait(when);  // It is over.
  }
}
