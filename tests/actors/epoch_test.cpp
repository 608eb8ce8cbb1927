#include "epoch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

using fsm::detail::epoch_domain;

TEST_CASE("What is retired while a reader is in stays until the reader has left", "[epoch]") {
  epoch_domain domain;
  bool freed = false;
  auto reader = std::make_unique<epoch_domain::pin>(domain);
  domain.retire([&freed] { freed = true; });
  for (int i = 0; i < 5; ++i) domain.collect();
  CHECK_FALSE(freed);
  reader.reset();
  domain.collect();
  CHECK(freed);
}

TEST_CASE("A reader that came after the retirement keeps nothing for ever", "[epoch]") {
  epoch_domain domain;
  std::atomic<bool> freed{false};
  domain.retire([&freed] { freed = true; });
  // Two readers change places, one is always in: the retired memory is freed all the same.
  std::atomic<int> turns{0};
  const auto take_turns = [&](int mine) {
    for (; turns.load() < 64; std::this_thread::yield()) {
      if (turns.load() % 2 != mine) continue;
      const epoch_domain::pin pinned{domain};
      const int entered = turns.fetch_add(1);
      while (turns.load() == entered + 1 && entered < 63) std::this_thread::yield();
    }
  };
  std::thread even{take_turns, 0};
  std::thread odd{take_turns, 1};
  while (turns.load() < 64 && !freed.load()) domain.collect();
  CHECK(freed.load());
  turns = 64;
  even.join();
  odd.join();
}

TEST_CASE("A domain frees what is still retired when it ends", "[epoch]") {
  int freed = 0;
  {
    epoch_domain domain;
    for (int i = 0; i < 3; ++i) domain.retire([&freed] { ++freed; });
  }
  CHECK(freed == 3);
}

TEST_CASE("What is freed may retire something else, and pins may be nested", "[epoch]") {
  epoch_domain domain;
  int freed = 0;
  domain.retire([&] { domain.retire([&freed] { ++freed; }); });
  {
    const epoch_domain::pin outer{domain};
    const epoch_domain::pin inner{domain};
    domain.collect();
  }
  for (int i = 0; i < 4; ++i) domain.collect();
  CHECK(freed == 1);
}

TEST_CASE("Synchronize waits for the readers that are in, not for those that come later",
          "[epoch]") {
  epoch_domain domain;
  std::atomic<bool> left{false};
  std::atomic<bool> in{false};
  std::atomic<bool> stop{false};
  std::thread reader{[&] {
    {
      const epoch_domain::pin pinned{domain};
      in = true;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      left = true;
    }
    // From here on some reader is always in.
    while (!stop) const epoch_domain::pin again{domain};
  }};
  while (!in) std::this_thread::yield();
  domain.synchronize();
  CHECK(left.load());
  stop = true;
  reader.join();
}

TEST_CASE("Readers never see freed memory while a writer replaces and retires it",
          "[epoch][stress]") {
  struct value {
    explicit value(std::size_t n) : a{n}, b{~n} {}
    ~value() { a = b = 0xDEAD; }
    std::size_t a;
    std::size_t b;
  };
  constexpr std::size_t rounds = 20'000;
  epoch_domain domain;
  std::atomic<value*> current{new value{0}};
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> torn{0};
  std::atomic<std::size_t> freed{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        const epoch_domain::pin pinned{domain};
        const value* v = current.load(std::memory_order_acquire);
        if (v->a != ~v->b) ++torn;
      }
    });
  }
  for (std::size_t i = 1; i <= rounds; ++i) {
    value* old = current.exchange(new value{i}, std::memory_order_acq_rel);
    domain.retire([old, &freed] {
      delete old;
      ++freed;
    });
    if (i % 16 == 0) domain.collect();
  }
  stop = true;
  for (std::thread& t : readers) t.join();
  for (int i = 0; i < 3; ++i) domain.collect();
  delete current.load();
  CHECK(torn.load() == 0);
  CHECK(freed.load() == rounds);
}
