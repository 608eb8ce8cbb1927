#include "token_pool.hpp"
#include <fsm/concurrency.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using fsm::concurrency_limiter;
using fsm::concurrency_permit;
using fsm::concurrency_refusal;

namespace {

// As many as the limiter gives.
std::vector<concurrency_permit> take_all(concurrency_limiter& limiter, std::string_view function,
                                         std::string_view version = "$LATEST") {
  std::vector<concurrency_permit> result;
  while (auto permit = limiter.acquire(function, version)) result.push_back(*std::move(permit));
  return result;
}

void run_threads(int count, const std::function<void(int)>& what) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(what, i);
  for (auto& each : threads) each.join();
}

}  // namespace

TEST_CASE("An account gives as many invocations as it has, and says that it is used up",
          "[concurrency]") {
  concurrency_limiter limiter{150};
  auto all = take_all(limiter, "f");
  CHECK(all.size() == 150);
  CHECK(limiter.acquire("g", "1").error() == concurrency_refusal::account);
  all.pop_back();
  auto last = limiter.acquire("g", "1");
  CHECK(last);
  CHECK_FALSE(limiter.acquire("f", "$LATEST"));
  CHECK(limiter.unreserved_free() == 0);
  all.clear();
  last->release();
  CHECK(limiter.unreserved_free() == 150);
}

TEST_CASE("A permit that was moved counts once", "[concurrency]") {
  concurrency_limiter limiter{1};
  auto permit = *limiter.acquire("f", "1");
  concurrency_permit other{std::move(permit)};
  permit = std::move(other);
  CHECK(limiter.unreserved_free() == 0);
  permit.release();
  permit.release();
  CHECK(limiter.unreserved_free() == 1);
}

TEST_CASE("A reservation is kept for the function and is its limit", "[concurrency]") {
  concurrency_limiter limiter{1000};
  REQUIRE(limiter.set_reserved("f", 3));
  CHECK(limiter.reserved("f") == 3);
  CHECK(limiter.unreserved() == 997);
  const auto others = take_all(limiter, "g");
  CHECK(others.size() == 997);
  auto own = take_all(limiter, "f", "1");
  CHECK(own.size() == 3);
  CHECK(limiter.acquire("f", "2").error() == concurrency_refusal::reserved);
  own.pop_back();
  CHECK(limiter.acquire("f", "2"));
}

TEST_CASE("A reservation of 0 stops a function", "[concurrency]") {
  concurrency_limiter limiter;
  REQUIRE(limiter.set_reserved("f", 0));
  CHECK(limiter.reserved("f") == 0);
  CHECK(limiter.acquire("f", "$LATEST").error() == concurrency_refusal::reserved);
  CHECK(limiter.unreserved() == 1000);
  REQUIRE(limiter.set_reserved("f", std::nullopt));
  CHECK(limiter.reserved("f") == std::nullopt);
  CHECK(limiter.acquire("f", "$LATEST"));
}

TEST_CASE("100 stay unreserved", "[concurrency]") {
  concurrency_limiter limiter;
  CHECK(limiter.fits("f", 900));
  CHECK_FALSE(limiter.fits("f", 901));
  CHECK(limiter.set_reserved("f", 901).error().code == fsm::errc::invalid_argument);
  CHECK(limiter.reserved("f") == std::nullopt);
  REQUIRE(limiter.set_reserved("f", 400));
  CHECK(limiter.set_provisioned("g", "1", 501).error().message ==
        "function g can have at most 500 of the account's concurrent invocations for itself; 100 "
        "must be left to the others");
  CHECK(limiter.provisioned("g") == 0);
  REQUIRE(limiter.set_provisioned("g", "1", 500));
  CHECK_FALSE(limiter.fits("f", 401));
  CHECK_FALSE(limiter.set_reserved("f", 401));
  CHECK(limiter.reserved("f") == 400);
  CHECK(limiter.fits("f", 300));
  CHECK(limiter.unreserved() == 100);
}

TEST_CASE("What is provisioned for a version is taken first, and the rest after it",
          "[concurrency]") {
  concurrency_limiter limiter{110};
  REQUIRE(limiter.set_provisioned("f", "1", 4));
  CHECK(limiter.provisioned("f", "1") == 4);
  CHECK(limiter.provisioned("f", "2") == 0);
  CHECK(limiter.unreserved() == 106);
  const auto all = take_all(limiter, "f", "1");
  REQUIRE(all.size() == 110);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].is_provisioned() == (i < 4));
  CHECK(limiter.acquire("f", "1").error() == concurrency_refusal::account);
}

TEST_CASE("What is provisioned is part of a reservation and not for other versions",
          "[concurrency]") {
  concurrency_limiter limiter;
  REQUIRE(limiter.set_reserved("f", 5));
  REQUIRE(limiter.set_provisioned("f", "1", 3));
  CHECK_FALSE(limiter.set_provisioned("f", "2", 3));
  CHECK_FALSE(limiter.set_reserved("f", 2));
  CHECK(limiter.unreserved() == 995);
  const auto second = take_all(limiter, "f", "2");
  CHECK(second.size() == 2);
  const auto first = take_all(limiter, "f", "1");
  CHECK(first.size() == 3);
  CHECK(limiter.acquire("f", "1").error() == concurrency_refusal::reserved);
}

TEST_CASE("A reservation that is taken back returns what still runs when it has ended",
          "[concurrency]") {
  concurrency_limiter limiter{200};
  REQUIRE(limiter.set_reserved("f", 50));
  auto running = take_all(limiter, "f");
  REQUIRE(limiter.set_reserved("f", std::nullopt));
  CHECK(limiter.unreserved() == 200);
  CHECK(limiter.unreserved_free() == 150);
  auto more = take_all(limiter, "f");
  CHECK(more.size() == 150);
  running.clear();
  CHECK(limiter.unreserved_free() == 50);
  REQUIRE(limiter.set_reserved("f", 7));
  more.clear();
  CHECK(limiter.unreserved_free() == 193);
  limiter.forget("f");
  CHECK(limiter.unreserved_free() == 200);
}

TEST_CASE("A reservation made while everything is in use is paid by what ends next",
          "[concurrency]") {
  concurrency_limiter limiter{200};
  auto running = take_all(limiter, "g");
  REQUIRE(limiter.set_reserved("f", 20));
  for (int i = 0; i < 20; ++i) running.pop_back();
  CHECK_FALSE(limiter.acquire("g", "1"));
  running.pop_back();
  CHECK(limiter.acquire("g", "1"));
  CHECK(take_all(limiter, "f").size() == 20);
}

TEST_CASE("Many threads never exceed the limit and find everything again at rest",
          "[concurrency]") {
  constexpr int threads = 8;
  constexpr std::uint32_t account = 100;
  constexpr std::uint32_t reserved = 3;
  concurrency_limiter limiter{account + reserved};
  REQUIRE(limiter.set_reserved("own", reserved));
  std::atomic<int> in_use{0};
  std::atomic<int> in_use_reserved{0};
  std::atomic<bool> exceeded{false};
  std::atomic<int> refused{0};
  run_threads(threads, [&](int which) {
    const bool own = which % 4 == 0;
    auto& counter = own ? in_use_reserved : in_use;
    const int limit = own ? reserved : account;
    std::vector<concurrency_permit> held;
    for (int i = 0; i < 4000; ++i) {
      if (auto permit = limiter.acquire(own ? "own" : "f" + std::to_string(which), "1")) {
        if (counter.fetch_add(1) >= limit) exceeded = true;
        held.push_back(*std::move(permit));
      } else {
        ++refused;
      }
      if (held.size() < 30 && i % 3 != 0) continue;
      for (std::size_t n = held.size() / 2 + 1; n > 0 && !held.empty(); --n) {
        --counter;
        held.pop_back();
      }
    }
    counter -= static_cast<int>(held.size());
    held.clear();
  });
  CHECK_FALSE(exceeded);
  CHECK(refused > 0);
  CHECK(limiter.unreserved_free() == account);
  CHECK(take_all(limiter, "g").size() == account);
  CHECK(take_all(limiter, "own").size() == reserved);
}

TEST_CASE("Settings that change while invocations come and go lose no token", "[concurrency]") {
  concurrency_limiter limiter{300};
  std::atomic<bool> ended{false};
  std::thread changing{[&] {
    for (std::uint32_t i = 0; i < 2000; ++i) {
      CHECK(limiter.set_reserved("f1", i % 50));
      CHECK(limiter.set_provisioned("f2", "1", i % 7));
      if (i % 3 == 0) limiter.forget("f1");
      if (i % 5 == 0) limiter.forget("f2");
    }
    ended = true;
  }};
  run_threads(4, [&](int which) {
    const auto name = "f" + std::to_string(which);
    while (!ended) {
      const auto one = limiter.acquire(name, "1");
      const auto two = limiter.acquire(name, "2");
    }
  });
  changing.join();
  limiter.forget("f1");
  limiter.forget("f2");
  CHECK(limiter.unreserved() == 300);
  CHECK(limiter.unreserved_free() == 300);
  CHECK(take_all(limiter, "f1").size() == 300);
}

TEST_CASE("A pool in debt hands nothing out until it is paid", "[concurrency]") {
  fsm::detail::token_pool pool{4};
  for (int i = 0; i < 4; ++i) REQUIRE(pool.take());
  pool.resize(-3);
  for (int i = 0; i < 3; ++i) {
    pool.give();
    CHECK_FALSE(pool.take());
  }
  pool.give();
  CHECK(pool.free() == 1);
  CHECK(pool.take());
}

TEST_CASE("A function is asked about before, while and after it has something of its own",
          "[concurrency]") {
  concurrency_limiter limiter{1000};
  const auto check_nothing = [&limiter] {
    CHECK(limiter.reserved("f") == std::nullopt);
    CHECK(limiter.provisioned("f") == 0);
    CHECK(limiter.provisioned("f", "1") == 0);
    CHECK(limiter.fits("f", 900));
    CHECK_FALSE(limiter.fits("f", 901));
  };
  check_nothing();
  REQUIRE(limiter.set_provisioned("f", "1", 20).has_value());
  CHECK(limiter.reserved("f") == std::nullopt);
  CHECK(limiter.provisioned("f") == 20);
  CHECK(limiter.provisioned("f", "1") == 20);
  CHECK(limiter.provisioned("f", "2") == 0);
  CHECK(limiter.fits("f", 20));
  CHECK_FALSE(limiter.fits("f", 19));  // Less than what is provisioned already.
  limiter.forget("f");
  check_nothing();
}

TEST_CASE("A permit that is assigned to itself is kept", "[concurrency]") {
  concurrency_limiter limiter{101};
  auto permit = limiter.acquire("f", "1");
  REQUIRE(permit.has_value());
  const auto free = limiter.unreserved_free();
  concurrency_permit& itself = *permit;
  *permit = std::move(itself);
  CHECK(limiter.unreserved_free() == free);
}
