#include "scenarios.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

using namespace bench;
using Catch::Matchers::Message;

TEST_CASE("scenarios are found by name, and each says what one operation is",
          "[bench][scenarios]") {
  for (const auto& each : all_scenarios()) {
    CHECK(find_scenario(each.name) == &each);
    CHECK_FALSE(each.meaning.empty());
    CHECK(each.make != nullptr);
  }
  CHECK(find_scenario("") == nullptr);
  CHECK(find_scenario("fly") == nullptr);
}

TEST_CASE("too little memory is said with the estimate", "[bench][scenarios]") {
  constexpr std::uint64_t gibibyte = 1U << 30;
  CHECK_THROWS_MATCHES(
      require_memory("create", 10'000'000, 320, 2 * gibibyte), usage_error,
      Message("create: --functions 10000000 needs about 3.1 GiB of memory, 2.0 GiB are available"));
  CHECK_NOTHROW(require_memory("create", 10'000'000, 320, 4 * gibibyte));
  CHECK_NOTHROW(require_memory("step", 10'000'000, 0, 0));
}

TEST_CASE("flags that make no sense for a scenario are refused in a line", "[bench][scenarios]") {
  const auto refused = [](const char* name, settings how, const char* why) {
    CHECK_THROWS_MATCHES(require_sense(*find_scenario(name), how), usage_error, Message(why));
  };
  settings how;
  how.functions = 1'000;
  how.seconds = 5;
  how.rate = 10'000;
  CHECK_NOTHROW(require_sense(*find_scenario("waiters"), how));
  refused("wake_storm", how, "wake_storm: --rate makes no sense: a storm comes as fast as it can");
  refused("life", how, "life: --rate makes no sense: a phase ends when all functions are through");
  how.rate = 10'010;
  for (const char* name : {"waiters", "idle_sweep"}) {
    refused(name, how,
            "--rate: so many per second need at least 1001 functions where each has one turn per "
            "round, --functions is 1000");
  }
  CHECK_NOTHROW(require_sense(*find_scenario("update"), how));
  how = {};
  how.hot = 5;
  refused("create", how, "create: --hot makes no sense: it draws no functions");
  for (const char* name : {"invoke", "invoke_batch", "invoke_metrics", "message"})
    CHECK_NOTHROW(require_sense(*find_scenario(name), how));
}

TEST_CASE("what metrics cost is measured without a store", "[bench][scenarios]") {
  settings how;
  how.storage.kind = store_kind::rocksdb;
  CHECK_THROWS_AS(require_sense(*find_scenario("invoke_metrics"), how), usage_error);
}

TEST_CASE("memory per function counts those that are worked on at once", "[bench][scenarios]") {
  scenario what;
  what.function_bytes = 300;
  CHECK(what.bytes_each(1) == 300);
  what.busy_bytes = 1'000;
  what.busy_max = 100;
  CHECK(what.bytes_each(50) == 1'300);
  CHECK(what.bytes_each(100) == 1'300);
  CHECK(what.bytes_each(1'000) == 400);
}
