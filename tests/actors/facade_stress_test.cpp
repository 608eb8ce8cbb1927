#include "actors/facade_crowd.hpp"
#include "support/lasting_store.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

// The facade, used by many threads at once. What they are told has to hold.

using namespace facade_crowd;
using fsm::testing::lasting_store;

TEST_CASE("What many threads were told holds after each stop in the middle and start again",
          "[facade][stress]") {
  lasting_store stores;
  const auto provider = std::make_shared<punctual_provider>();
  std::vector<owner> owners;
  for (unsigned i = 0; i < 3; ++i) owners.emplace_back(i, *provider);
  std::vector<onlooker> onlookers{onlooker{1}, onlooker{2}};
  fsm::options how{.provider = provider, .idle_after = 5ms, .threads = 2};
  for (int life = 0; life < 4; ++life) {
    CAPTURE(life);
    how.store = stores.next();
    fsm::runtime runtime{how};
    for (owner& each : owners) each.compare(runtime);
    std::latch enough{static_cast<std::ptrdiff_t>(owners.size())};
    {
      std::vector<std::jthread> threads;
      for (owner& each : owners)
        threads.emplace_back([&] { each.run(runtime, 1'000 / scale, enough); });
      for (onlooker& each : onlookers) threads.emplace_back([&] { each.run(runtime); });
      enough.wait();
      runtime.stop();
    }
    for (const owner& each : owners) CHECK(each.complaint() == "");
    for (const onlooker& each : onlookers) {
      CHECK(each.complaint() == "");
      CHECK(each.unanswered() == 0);
    }
  }
  how.store = stores.next();
  fsm::runtime runtime{how};
  std::size_t functions = 0;
  for (owner& each : owners) {
    each.compare(runtime);
    CHECK(each.complaint() == "");
    functions += each.functions();
  }
  CHECK(runtime.size() == functions);
  CHECK(walk(runtime).size() == functions);
  // Nobody uses them any more: all become Inactive, and everything made for them is given back.
  CHECK(soon([&] { return provider->held() == 0; }));
}

TEST_CASE("Updates that merge lose nothing, however many threads make them", "[facade][stress]") {
  constexpr int threads_count = 4;
  constexpr int updates = 200 / static_cast<int>(scale);
  fsm::runtime runtime{{.threads = 2}};
  REQUIRE(runtime.create({.name = "f", .document = "0"}));
  std::atomic<errc> surprise{errc::none};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < threads_count; ++t) {
      threads.emplace_back([&] {
        for (int done = 0; done < updates;) {
          const auto got = runtime.update("f", [](const fsm::function_view& now) {
            return fsm::expected<std::string>{std::to_string(std::stoi(now.document) + 1)};
          });
          if (got) {
            ++done;
            continue;
          }
          switch (got.error().code) {
            case errc::update_in_progress:
            case errc::state_conflict:
            case errc::too_many_requests:
              break;  // It changed under each of a bounded number of tries.
            default: surprise = got.error().code; return;
          }
        }
      });
    }
  }
  CHECK(surprise == errc::none);
  CHECK(runtime.get("f")->document == std::to_string(threads_count * updates));
}

TEST_CASE("While an invocation runs, the provider is not told to release what it runs on",
          "[facade][stress]") {
  const auto provider = std::make_shared<punctual_provider>();
  fsm::runtime runtime{{.provider = provider, .idle_after = 2ms, .threads = 2}};
  const std::array<std::string, 3> names{"a", "b", "c"};
  std::atomic<bool> stop{false};
  std::atomic<int> too_early{0};
  std::atomic<int> surprises{0};
  std::latch enough{2};
  const auto invoke = [&] {
    std::size_t given = 0;
    for (std::size_t i = 0; !stop; ++i) {
      auto got = runtime.admit(names[i % names.size()]);
      if (!got) {
        surprises += may_refuse_invocation(got.error().code) ? 0 : 1;
        continue;
      }
      fsm::admission running = *std::move(got);
      too_early += provider->holds(running.resource()) ? 0 : 1;
      std::this_thread::yield();
      too_early += provider->holds(running.resource()) ? 0 : 1;
      running.complete();
      if (++given == 1'000 / scale) enough.count_down();
    }
  };
  const auto change = [&](auto what) {
    for (std::size_t i = 0; !stop; ++i) {
      const std::string& name = names[i % names.size()];
      static_cast<void>(runtime.create({.name = name, .document = "one"}));
      static_cast<void>(runtime.wait(name, fsm::settled, 1s));
      what(name);
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.emplace_back(invoke);
    threads.emplace_back(invoke);
    threads.emplace_back([&] {
      change([&](const std::string& name) {
        static_cast<void>(runtime.update(fsm::update_request{.name = name, .document = "two"}));
      });
    });
    threads.emplace_back(
        [&] { change([&](const std::string& name) { static_cast<void>(runtime.remove(name)); }); });
    enough.wait();
    stop = true;
  }
  CHECK(too_early == 0);
  CHECK(surprises == 0);
  for (const std::string& name : names) static_cast<void>(runtime.remove(name));
  CHECK(soon([&] { return provider->held() == 0; }));
}

TEST_CASE("A waiter is answered once: fulfilled, too late, cancelled or caught by the stop",
          "[facade][stress]") {
  constexpr std::size_t waiters = 2'000 / scale;
  constexpr std::size_t threads_count = 3;
  const std::array conditions{fsm::active, fsm::gone, fsm::exists, fsm::failed, fsm::inactive};
  std::vector<std::atomic<int>> answers(waiters * threads_count);
  std::atomic<int> surprises{0};
  fsm::runtime runtime{{.idle_after = 3ms, .threads = 2}};
  std::atomic<bool> stop{false};
  {
    std::vector<std::jthread> users;
    std::jthread changing{[&] {
      while (!stop) {
        static_cast<void>(runtime.create({.name = "f"}));
        static_cast<void>(runtime.wait("f", fsm::inactive, 5ms));
        static_cast<void>(runtime.remove("f"));
      }
    }};
    for (std::size_t t = 0; t < threads_count; ++t) {
      users.emplace_back([&, t] {
        std::vector<fsm::subscription> kept;
        for (std::size_t i = 0; i < waiters; ++i) {
          std::atomic<int>& count = answers[t * waiters + i];
          kept.push_back(runtime.wait("f", conditions[i % conditions.size()],
                                      std::chrono::milliseconds{i % 7 == 0 ? 60'000 : i % 7},
                                      [&](const fsm::expected<fsm::function_view>& got) {
                                        ++count;
                                        surprises += got || may_end_wait(got.error().code) ? 0 : 1;
                                      }));
          if (i % 3 == 0) kept[i / 2].cancel();
        }
        // A third of what is left is cancelled, the others stay until they are answered.
        for (std::size_t i = 0; i < kept.size(); ++i) {
          if (i % 3 != 1) kept[i].detach();
        }
      });
    }
    users.clear();
    runtime.stop();
    stop = true;
  }
  CHECK(surprises == 0);
  CHECK(std::count(answers.begin(), answers.end(), 1) ==
        static_cast<std::ptrdiff_t>(answers.size()));
}
