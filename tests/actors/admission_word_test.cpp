#include "admission_word.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

using fsm::detail::admission_word;

namespace {

bool admit(admission_word& word) {
  admission_word::view seen = word.load();
  while (seen.open()) {
    if (word.try_admit(seen)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A fresh word admits nothing until it is opened", "[admission_word]") {
  admission_word word;
  CHECK_FALSE(admit(word));
  word.open();
  CHECK(admit(word));
  CHECK(word.load().in_flight() == 1);
}

TEST_CASE("A word does not close while something is in flight, and closes when nothing is",
          "[admission_word]") {
  admission_word word;
  word.open();
  REQUIRE(admit(word));
  CHECK_FALSE(word.try_close());
  CHECK(word.load().open());
  CHECK(word.try_complete(word.load().generation()));
  CHECK(word.try_close());
  CHECK_FALSE(admit(word));
}

TEST_CASE("A completion of an older generation, or of nothing, changes nothing",
          "[admission_word]") {
  admission_word word;
  word.open();
  REQUIRE(admit(word));
  const std::uint32_t old = word.load().generation();
  const admission_word::view before = word.renew(false);
  CHECK(before.in_flight() == 1);
  CHECK(word.load().in_flight() == 0);
  CHECK_FALSE(word.load().open());
  CHECK_FALSE(word.try_complete(old));
  CHECK_FALSE(word.try_complete(word.load().generation()));
  CHECK(word.load().in_flight() == 0);
}

TEST_CASE("A word that is gone stays gone until its slot is reused, and its generation goes on",
          "[admission_word]") {
  admission_word word;
  word.open();
  static_cast<void>(word.renew(true));
  CHECK(word.load().gone());
  CHECK_FALSE(admit(word));
  const std::uint32_t generation = word.load().generation();
  word.reset();
  CHECK_FALSE(word.load().gone());
  CHECK_FALSE(word.load().open());
  CHECK(word.load().generation() == generation);
}

TEST_CASE("Generations come round without touching the other bits", "[admission_word]") {
  admission_word word;
  for (std::uint32_t i = 0; i < admission_word::in_flight_max + 3; ++i)
    static_cast<void>(word.renew(false));
  CHECK(word.load().generation() == 2);
  CHECK_FALSE(word.load().open());
  CHECK_FALSE(word.load().gone());
  CHECK(word.load().in_flight() == 0);
}

TEST_CASE("Admissions, completions and renewals by many threads lose no count",
          "[admission_word][stress]") {
  constexpr int renewals = 2'000;
  admission_word word;
  word.open();
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> admitted{0};
  std::atomic<std::size_t> completed{0};
  std::atomic<std::size_t> late{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        admission_word::view seen = word.load();
        if (!seen.open() || !word.try_admit(seen)) continue;
        // On success `seen` is still the word before: its generation is the one admitted under.
        ++admitted;
        word.try_complete(seen.generation()) ? ++completed : ++late;
      }
    });
  }
  std::size_t moved = 0;
  int closed = 0;
  for (int i = 0; i < renewals; ++i) {
    if (i % 2 == 0) {
      moved += word.renew(false).in_flight();
      word.open();
    } else if (word.try_close()) {
      ++closed;
      word.open();
    }
    if (i % 64 == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& t : threads) t.join();
  CHECK(word.load().in_flight() == 0);
  CHECK(moved == late.load());
  CHECK(admitted.load() == completed.load() + late.load());
}
