#include "draining.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

using fsm::attempt_token;
using fsm::timestamp;
using fsm::detail::admission_word;
using fsm::detail::draining_table;
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{};
constexpr attempt_token resources{7, 3};

/// A word of the given generation with invocations in flight.
void fill(admission_word& word, std::uint32_t generation, std::uint32_t in_flight) {
  while (word.load().generation() != generation) static_cast<void>(word.renew(false));
  word.open();
  for (std::uint32_t i = 0; i < in_flight; ++i) {
    admission_word::view seen = word.load();
    while (!word.try_admit(seen)) {
    }
  }
}

/// Moves `in_flight` invocations of (slot, generation) into the table.
std::optional<attempt_token> move(draining_table& table, std::uint32_t slot,
                                  std::uint32_t generation, std::uint32_t in_flight,
                                  attempt_token held = resources) {
  admission_word word;
  fill(word, generation, in_flight);
  return table.move_here(slot, held, start + 1h, [&word] { return word.renew(false); });
}

}  // namespace

TEST_CASE("What nothing runs on can be released at once", "[draining]") {
  draining_table table;
  CHECK(move(table, 1, 4, 0) == resources);
  CHECK(table.size() == 0);
}

TEST_CASE("The last completion of a replaced version gives its resources back, no earlier one does",
          "[draining]") {
  draining_table table;
  REQUIRE_FALSE(move(table, 1, 4, 2));
  CHECK_FALSE(table.complete(1, 4));
  CHECK(table.complete(1, 4) == resources);
  CHECK(table.size() == 0);
}

TEST_CASE("What a transition has moved stays until it is durable, whatever the deadline",
          "[draining]") {
  draining_table table;
  const auto move_unsettled = [&table](std::uint32_t slot) {
    admission_word word;
    fill(word, 4, 1);
    return table.move_here(
        slot, resources, start + 1h, [&word] { return word.renew(false); }, true);
  };
  REQUIRE_FALSE(move_unsettled(1));
  REQUIRE_FALSE(move_unsettled(2));
  CHECK(table.expire(start + 2h).empty());
  CHECK_FALSE(table.complete(1, 4));
  CHECK(table.settle(1, 4) == resources);
  CHECK_FALSE(table.settle(2, 4));  // Its invocation still runs.
  CHECK(table.expire(start + 2h).size() == 1);
  CHECK(table.size() == 0);
}

TEST_CASE("Slots and generations are told apart", "[draining]") {
  draining_table table;
  REQUIRE_FALSE(move(table, 1, 4, 1));
  REQUIRE_FALSE(move(table, 1, 5, 1, {7, 4}));
  REQUIRE_FALSE(move(table, 2, 4, 1, {8, 1}));
  CHECK(table.complete(1, 5) == attempt_token{7, 4});
  CHECK(table.complete(2, 4) == attempt_token{8, 1});
  CHECK(table.complete(1, 4) == resources);
}

TEST_CASE("What is not complete by its deadline is given up", "[draining]") {
  draining_table table;
  REQUIRE_FALSE(move(table, 1, 4, 1));
  CHECK(table.expire(start + 59min).empty());
  CHECK(table.expire(start + 1h) == std::vector{resources});
  CHECK(table.size() == 0);
}

TEST_CASE("Completions that may still come are counted, those of given up invocations too",
          "[draining]") {
  draining_table table;
  REQUIRE_FALSE(move(table, 1, 4, 2));
  table.give_up(1);
  CHECK(table.outstanding() == 3);
  CHECK(table.expire(start + 1h).size() == 1);
  CHECK(table.outstanding() == 3);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(table.complete(1, 4));
  CHECK(table.outstanding() == 0);
}

TEST_CASE("A completion that nobody waits for leaves nothing behind", "[draining]") {
  draining_table table;
  CHECK_FALSE(table.complete(1, 4));
  REQUIRE_FALSE(move(table, 1, 4, 1));
  CHECK(table.complete(1, 4) == resources);
  CHECK_FALSE(table.complete(1, 4));
  CHECK(table.size() == 0);
}

TEST_CASE("Each generation's resources come back exactly once while many complete and one replaces",
          "[draining][stress]") {
  constexpr std::uint32_t generations = 5'000;
  draining_table table;
  admission_word word;
  word.open();
  std::vector<std::atomic<int>> released(generations + 2);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        admission_word::view seen = word.load();
        if (!seen.open() || !word.try_admit(seen) || word.try_complete(seen.generation())) continue;
        if (const auto last = table.complete(0, seen.generation())) ++released[last->number];
      }
    });
  }
  for (std::uint32_t g = 0; g < generations; ++g) {
    const auto unused = table.move_here(0, {1, word.load().generation()}, start + 1h,
                                        [&word] { return word.renew(false); });
    if (unused) ++released[unused->number];
    word.open();
    if (g % 32 == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& t : threads) t.join();
  CHECK(table.size() == 0);
  for (std::uint32_t g = 0; g < generations; ++g) {
    if (released[g] != 1)
      FAIL("the resources of generation " << g << " were released " << released[g] << " times");
  }
}
