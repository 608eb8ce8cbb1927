#include "machine.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>

using namespace bench;

TEST_CASE("the machine is described", "[bench][machine]") {
  const auto here = this_machine();
  CHECK(here.cores >= 1);
  CHECK_FALSE(here.cpu.empty());
  CHECK(here.memory_bytes > 0);
  CHECK(available_bytes() > 0);
  CHECK(available_bytes() <= here.memory_bytes);
  CHECK(machine{1, "one", 3U << 29}.to_string() == "1 core, one, 1.5 GiB");
}

TEST_CASE("resident memory grows with what is written", "[bench][machine]") {
  constexpr std::size_t bytes = 64U << 20;
  const auto before = resident_bytes_trimmed();
  const auto block = std::make_unique<char[]>(bytes);  // Zeroed, so every page is written.
  CHECK(block[bytes / 2] == 0);
  CHECK(resident_bytes() >= before + bytes / 2);
}

TEST_CASE("the build says what it is", "[bench][machine]") {
  const auto made = this_build();
  CHECK_FALSE(made.version.empty());
  CHECK_FALSE(made.commit.empty());
  CHECK_FALSE(made.compiler.empty());
}
