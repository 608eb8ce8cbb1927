#include "directory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

using fsm::detail::directory;
using fsm::detail::epoch_domain;

namespace {

/// Slots with fixed names: slot n is called "f<n>".
struct named_slots {
  explicit named_slots(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) names.push_back("f" + std::to_string(i));
  }
  [[nodiscard]] auto name_of() const {
    return [this](std::uint32_t slot) { return std::string_view{names[slot]}; };
  }
  std::vector<std::string> names;
};

}  // namespace

TEST_CASE("A name is found at the slot it was added with, and nothing else is", "[directory]") {
  epoch_domain epochs;
  directory names{epochs, 100};
  const named_slots slots{3};
  const epoch_domain::pin pinned{epochs};
  CHECK(names.find("f1", slots.name_of()) == directory::none);
  CHECK(names.find_or_add("f1", slots.name_of(), [] { return 1U; }) == 1);
  CHECK(names.find("f1", slots.name_of()) == 1);
  CHECK(names.find("f2", slots.name_of()) == directory::none);
}

TEST_CASE("A name that is there already is not made again", "[directory]") {
  epoch_domain epochs;
  directory names{epochs, 100};
  const named_slots slots{2};
  const epoch_domain::pin pinned{epochs};
  REQUIRE(names.find_or_add("f0", slots.name_of(), [] { return 0U; }) == 0);
  bool made = false;
  CHECK(names.find_or_add("f0", slots.name_of(), [&made] {
    made = true;
    return 1U;
  }) == 0);
  CHECK_FALSE(made);
}

TEST_CASE("When no slot can be made, nothing is added", "[directory]") {
  epoch_domain epochs;
  directory names{epochs, 100};
  const named_slots slots{1};
  const epoch_domain::pin pinned{epochs};
  CHECK(names.find_or_add("f0", slots.name_of(), [] { return directory::none; }) ==
        directory::none);
  CHECK(names.find("f0", slots.name_of()) == directory::none);
}

TEST_CASE("Only the slot that holds a name can take it away", "[directory]") {
  epoch_domain epochs;
  directory names{epochs, 100};
  const named_slots slots{2};
  const epoch_domain::pin pinned{epochs};
  static_cast<void>(names.find_or_add("f0", slots.name_of(), [] { return 0U; }));
  CHECK_FALSE(names.remove("f0", 1));
  CHECK(names.remove("f0", 0));
  CHECK_FALSE(names.remove("f0", 0));
  CHECK(names.find("f0", slots.name_of()) == directory::none);
}

TEST_CASE("The directory agrees with a map after many random additions and removals",
          "[directory]") {
  constexpr std::uint32_t count = 20'000;
  epoch_domain epochs;
  directory names{epochs, count};
  const named_slots slots{count};
  std::map<std::string, std::uint32_t> model;
  std::mt19937 random{7};
  for (int i = 0; i < 100'000; ++i) {
    const auto slot = static_cast<std::uint32_t>(random() % count);
    const std::string& name = slots.names[slot];
    const epoch_domain::pin pinned{epochs};
    if (random() % 3 != 0) {
      REQUIRE(names.find_or_add(name, slots.name_of(), [slot] { return slot; }) == slot);
      model.emplace(name, slot);
    } else {
      REQUIRE(names.remove(name, slot) == (model.erase(name) == 1));
    }
  }
  epochs.collect();
  const epoch_domain::pin pinned{epochs};
  for (std::uint32_t slot = 0; slot < count; ++slot) {
    const bool there = model.contains(slots.names[slot]);
    if (names.find(slots.names[slot], slots.name_of()) != (there ? slot : directory::none))
      FAIL(slots.names[slot]);
  }
  std::size_t entries = 0;
  names.for_each(
      [&](std::uint32_t slot) { entries += model.contains(slots.names[slot]) ? 1 : 1'000'000; });
  CHECK(entries == model.size());
}

TEST_CASE("A directory of coming and going names does not grow", "[directory]") {
  epoch_domain epochs;
  directory names{epochs, 1 << 20};
  const named_slots slots{1'000};
  const std::size_t before = names.bytes();
  for (int round = 0; round < 100; ++round) {
    for (std::uint32_t slot = 0; slot < 1'000; ++slot) {
      const epoch_domain::pin pinned{epochs};
      static_cast<void>(
          names.find_or_add(slots.names[slot], slots.name_of(), [slot] { return slot; }));
      REQUIRE(names.remove(slots.names[slot], slot));
    }
    epochs.collect();
  }
  CHECK(names.bytes() <= before * 2);
}

TEST_CASE("Names that stay are always found while others come and go and tables are rebuilt",
          "[directory][stress]") {
  constexpr std::uint32_t staying = 500;
  constexpr std::uint32_t count = 20'000;
  epoch_domain epochs;
  directory names{epochs, count};
  const named_slots slots{count};
  for (std::uint32_t slot = 0; slot < staying; ++slot) {
    const epoch_domain::pin pinned{epochs};
    static_cast<void>(
        names.find_or_add(slots.names[slot], slots.name_of(), [slot] { return slot; }));
  }
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> missed{0};
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      std::mt19937 random{reader};
      while (!stop.load(std::memory_order_relaxed)) {
        const epoch_domain::pin pinned{epochs};
        const auto there = static_cast<std::uint32_t>(random() % staying);
        if (names.find(slots.names[there], slots.name_of()) != there) ++missed;
        const auto perhaps = static_cast<std::uint32_t>(staying + random() % (count - staying));
        const std::uint32_t found = names.find(slots.names[perhaps], slots.name_of());
        if (found != directory::none && found != perhaps) ++wrong;
      }
    });
  }
  std::vector<std::thread> writers;
  for (std::uint32_t writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      // Each writer has names of its own: what it added it must find, what it removed it must not.
      for (int round = 0; round < 2; ++round) {
        for (std::uint32_t slot = staying + writer; slot < count; slot += 2) {
          const epoch_domain::pin pinned{epochs};
          if (names.find_or_add(slots.names[slot], slots.name_of(), [slot] { return slot; }) !=
              slot)
            ++wrong;
        }
        epochs.collect();
        for (std::uint32_t slot = staying + writer; slot < count; slot += 2) {
          const epoch_domain::pin pinned{epochs};
          if (!names.remove(slots.names[slot], slot)) ++wrong;
          if (names.find(slots.names[slot], slots.name_of()) != directory::none) ++wrong;
        }
        epochs.collect();
      }
    });
  }
  for (std::thread& t : writers) t.join();
  stop = true;
  for (std::thread& t : threads) t.join();
  CHECK(missed.load() == 0);
  CHECK(wrong.load() == 0);
}

TEST_CASE("Of several threads that add one name, exactly one makes it", "[directory][stress]") {
  constexpr int rounds = 2'000;
  epoch_domain epochs;
  directory names{epochs, 16};
  const named_slots slots{1};
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> made{0};
    std::atomic<int> ready{0};
    const auto add = [&] {
      ++ready;
      while (ready.load() < 2) std::this_thread::yield();
      const epoch_domain::pin pinned{epochs};
      return names.find_or_add("f0", slots.name_of(), [&made] {
        ++made;
        return 0U;
      });
    };
    std::uint32_t other = directory::none;
    std::thread racer{[&] { other = add(); }};
    const std::uint32_t mine = add();
    racer.join();
    REQUIRE(made.load() == 1);
    REQUIRE(mine == 0);
    REQUIRE(other == 0);
    REQUIRE(names.remove("f0", 0));
  }
}
