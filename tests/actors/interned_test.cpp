#include "interned.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <string>
#include <thread>

using fsm::detail::interned;

TEST_CASE("A value keeps its number, and a number gives its value", "[interned]") {
  interned<std::string> values{1'000};
  for (int i = 0; i < 1'000; ++i) CHECK(values.index_of("v" + std::to_string(i)) == i);
  CHECK(values.index_of("v500") == 500);
  CHECK(values[999] == "v999");
}

TEST_CASE("There is no number for one value more than there may be", "[interned]") {
  interned<int> values{2};
  CHECK(values.index_of(10) == 0);
  CHECK(values.index_of(11) == 1);
  CHECK(values.index_of(12) == -1);
  CHECK(values.index_of(11) == 1);
}

TEST_CASE("Numbers can be looked up while others are added", "[interned][stress]") {
  interned<std::string> values{65'535};
  std::atomic<int> added{0};
  std::atomic<int> wrong{0};
  std::thread reader{[&] {
    for (int last = 0; last < 10'000; last = added.load(std::memory_order_acquire)) {
      if (last > 0 && values[static_cast<std::size_t>(last) - 1] != std::to_string(last - 1))
        ++wrong;
    }
  }};
  for (int i = 0; i < 10'000; ++i) {
    CHECK(values.index_of(std::to_string(i)) == i);
    added.store(i + 1, std::memory_order_release);
  }
  reader.join();
  CHECK(wrong == 0);
}
