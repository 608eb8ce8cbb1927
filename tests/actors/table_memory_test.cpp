#include "table_memory.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

using fsm::detail::huge_page_bytes;
using fsm::detail::table_memory;

namespace {

bool is_zero(const void* where, std::size_t bytes) {
  const auto* const first = static_cast<const unsigned char*>(where);
  return std::all_of(first, first + bytes, [](unsigned char c) { return c == 0; });
}

}  // namespace

TEST_CASE("A table's memory is zero and aligned to a cache line, also when it is used again",
          "[table_memory]") {
  const std::size_t bytes = GENERATE(std::size_t{64}, std::size_t{4096}, huge_page_bytes / 64,
                                     huge_page_bytes / 2, huge_page_bytes, 4 * huge_page_bytes);
  table_memory memory;
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> taken;
    for (int i = 0; i < 3; ++i) {
      taken.push_back(memory.take(bytes));
      CHECK(reinterpret_cast<std::uintptr_t>(taken.back()) % 64 == 0);
      CHECK(is_zero(taken.back(), bytes));
      std::memset(taken.back(), 0xAB, bytes);
    }
    for (void* each : taken) memory.give(each, bytes);
  }
}

TEST_CASE("Tables that are alive at the same time do not overlap", "[table_memory]") {
  table_memory memory;
  std::mt19937 random{11};
  struct table {
    unsigned char* data;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<table> alive;
  for (unsigned i = 0; i < 600; ++i) {
    if (!alive.empty() && random() % 3 == 0) {
      std::swap(alive[random() % alive.size()], alive.back());
      const table gone = alive.back();
      alive.pop_back();
      REQUIRE(std::all_of(gone.data, gone.data + gone.bytes,
                          [&](unsigned char c) { return c == gone.mark; }));
      memory.give(gone.data, gone.bytes);
      continue;
    }
    const std::size_t bytes = std::size_t{64} << (random() % 15);
    auto* const data = static_cast<unsigned char*>(memory.take(bytes));
    const auto mark = static_cast<unsigned char>(i % 255 + 1);
    std::memset(data, mark, bytes);
    alive.push_back({data, bytes, mark});
  }
  for (const table& each : alive) {
    CHECK(std::all_of(each.data, each.data + each.bytes,
                      [&](unsigned char c) { return c == each.mark; }));
    memory.give(each.data, each.bytes);
  }
}
