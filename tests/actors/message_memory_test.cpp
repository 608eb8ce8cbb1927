#include "message_memory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using fsm::detail::message_allocator;
using fsm::detail::message_memory;

TEST_CASE("Blocks that are alive at the same time are different and keep what is written",
          "[message_memory]") {
  for (const std::size_t bytes : {1UL, 64UL, 65UL, 500UL, 1024UL, 1025UL, 5000UL}) {
    std::vector<unsigned char*> alive;
    for (unsigned i = 0; i < 1000; ++i) {
      alive.push_back(static_cast<unsigned char*>(message_memory::take(bytes)));
      std::memset(alive.back(), static_cast<int>(i % 251), bytes);
    }
    CHECK(std::set<void*>(alive.begin(), alive.end()).size() == alive.size());
    for (unsigned i = 0; i < alive.size(); ++i) {
      REQUIRE(alive[i][0] == i % 251);
      REQUIRE(alive[i][bytes - 1] == i % 251);
      message_memory::give(alive[i], bytes);
    }
  }
}

TEST_CASE("Blocks may be freed by other threads than those that took them, which may have ended",
          "[message_memory][stress]") {
  constexpr std::size_t bytes = 200;
  std::mutex mutex;
  std::vector<unsigned char*> handed_over;
  std::size_t wrong = 0;
  for (int round = 0; round < 8; ++round) {
    std::thread maker{[&] {
      for (int i = 0; i < 2'000; ++i) {
        auto* const made = static_cast<unsigned char*>(message_memory::take(bytes));
        std::memset(made, 0x5A, bytes);
        const std::lock_guard lock{mutex};
        handed_over.push_back(made);
      }
    }};
    std::thread user{[&] {
      for (int done = 0; done < 1'500;) {
        unsigned char* got = nullptr;
        {
          const std::lock_guard lock{mutex};
          if (!handed_over.empty()) {
            got = handed_over.back();
            handed_over.pop_back();
          }
        }
        if (got == nullptr) {
          std::this_thread::yield();
          continue;
        }
        if (got[0] != 0x5A || got[bytes - 1] != 0x5A) ++wrong;
        message_memory::give(got, bytes);
        ++done;
      }
    }};
    maker.join();
    user.join();
  }
  for (unsigned char* rest : handed_over) message_memory::give(rest, bytes);
  CHECK(wrong == 0);
}

TEST_CASE("Shared objects can live in message memory", "[message_memory]") {
  const auto shared =
      std::allocate_shared<std::vector<int>>(message_allocator<std::vector<int>>{}, 3, 7);
  const auto copy = shared;
  CHECK(*copy == std::vector<int>{7, 7, 7});
}
