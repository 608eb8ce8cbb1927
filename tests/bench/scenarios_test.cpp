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
