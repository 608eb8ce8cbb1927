#include "state_index.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

using fsm::legal_pairs;
using fsm::detail::state_index;
namespace pairs = fsm::pairs;

namespace {

fsm::pair_set only(std::size_t index) {
  return {static_cast<decltype(fsm::pair_set::bits)>(1U << index)};
}
fsm::pair_set all() {
  fsm::pair_set set;
  for (std::size_t i = 1; i < legal_pairs.size(); ++i) set = set | only(i);
  return set;
}

}  // namespace

TEST_CASE("A slot is found in the situation it was moved to, and in no other", "[state_index]") {
  state_index index{200};
  index.move(70, pairs::absent, pairs::creating);
  index.move(70, pairs::creating, pairs::ready);
  CHECK(index.find(70, all()) == pairs::ready);
  CHECK(index.find(70, only(fsm::index_of(pairs::creating))) == pairs::absent);
  CHECK(index.word(1, only(fsm::index_of(pairs::ready))) == std::uint64_t{1} << 6U);
  CHECK(index.word(0, all()) == 0);
  CHECK(index.count(fsm::index_of(pairs::ready)) == 1);
  CHECK(index.count(fsm::index_of(pairs::creating)) == 0);
}

TEST_CASE("A slot that is moved to absent is in no situation", "[state_index]") {
  state_index index{64};
  index.move(63, pairs::absent, pairs::ready);
  index.move(63, pairs::ready, pairs::absent);
  CHECK(index.find(63, all()) == pairs::absent);
  CHECK(index.word(0, all()) == 0);
  CHECK(index.count(0) == 0);
}

TEST_CASE("A move within one situation changes nothing, and words beyond the end are empty",
          "[state_index]") {
  state_index index{65};
  index.move(64, pairs::absent, pairs::ready);
  index.move(64, pairs::ready, pairs::ready);
  CHECK(index.count(fsm::index_of(pairs::ready)) == 1);
  CHECK(index.word(2, all()) == 0);
  CHECK(index.word(1'000'000, all()) == 0);
}

TEST_CASE("The index agrees with a simple model after random moves, while others read",
          "[state_index][stress]") {
  constexpr std::uint32_t slots = 500;
  state_index index{slots};
  std::vector<std::size_t> model(slots, 0);
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> impossible{0};
  std::thread reader{[&] {
    while (!stop.load(std::memory_order_relaxed)) {
      std::uint64_t sum = 0;
      for (std::size_t i = 1; i < legal_pairs.size(); ++i) sum += index.count(i);
      // A move is counted in before it is counted out; counts are read one after the other.
      if (sum > slots * legal_pairs.size()) ++impossible;
      if (fsm::index_of(index.find(sum % slots, all())) == fsm::illegal_pair) ++impossible;
    }
  }};
  std::mt19937 random{42};
  for (int i = 0; i < 50'000; ++i) {
    const auto slot = static_cast<std::uint32_t>(random() % slots);
    const std::size_t to = random() % legal_pairs.size();
    index.move(slot, legal_pairs[model[slot]], legal_pairs[to]);
    model[slot] = to;
  }
  stop = true;
  reader.join();
  std::vector<std::uint64_t> counts(legal_pairs.size(), 0);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    CHECK(index.find(slot, all()) == legal_pairs[model[slot]]);
    ++counts[model[slot]];
  }
  for (std::size_t i = 1; i < legal_pairs.size(); ++i) CHECK(index.count(i) == counts[i]);
  CHECK(impossible.load() == 0);
}

TEST_CASE("A slot that goes from one situation to another is never missed",
          "[state_index][stress]") {
  constexpr std::uint32_t slot = 70;
  state_index index{200};
  index.move(slot, pairs::absent, legal_pairs[1]);
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> missed{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        if (index.word(slot / 64, all()) != std::uint64_t{1} << (slot % 64)) ++missed;
        if (index.find(slot, all()) == pairs::absent) ++missed;
      }
    });
  }
  std::size_t at = 1;
  for (int i = 0; i < 500'000; ++i) {
    // Up and down, so that whoever reads in one direction is met by it.
    const std::size_t next = at == 1 ? legal_pairs.size() - 1 : 1;
    index.move(slot, legal_pairs[at], legal_pairs[next]);
    at = next;
  }
  stop = true;
  for (std::thread& each : readers) each.join();
  CHECK(missed.load() == 0);
}
