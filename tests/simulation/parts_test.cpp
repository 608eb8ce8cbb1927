#include <fsm/simulated.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using fsm::attempt_token;
using fsm::fault;

namespace {

/// One runtime in a simulated world, taken step by step.
class small_world {
public:
  const std::shared_ptr<fsm::simulated_clock> clock = std::make_shared<fsm::simulated_clock>();
  const std::shared_ptr<fsm::fault_plan> faults = std::make_shared<fsm::fault_plan>();
  fsm::simulated_store store{clock, faults, 1};
  fsm::simulated_provider provider{clock, faults, 2};
  fsm::options how;

  struct owner {
    fsm::simulated_scheduler scheduler;
    std::shared_ptr<fsm::store> store;
    std::shared_ptr<fsm::resource_provider> provider;
    std::optional<fsm::runtime> runtime;
    void run() {
      while (scheduler.queued() != 0) scheduler.run(0);
    }
  };

  [[nodiscard]] std::unique_ptr<owner> start() {
    auto made = std::make_unique<owner>();
    made->store = store.connect();
    made->provider = provider.connect();
    fsm::options o = how;
    o.store = made->store;
    o.provider = made->provider;
    o.clock = clock;
    o.functions_max = 64;
    auto started = made->scheduler.start(std::move(o));
    REQUIRE(started.has_value());
    made->runtime.emplace(*std::move(started));
    made->run();
    return made;
  }
  void crash(std::unique_ptr<owner> who) {
    store.cut(*who->store);
    provider.cut(*who->provider);
    who->runtime->stop();
    who->runtime.reset();
  }
  [[nodiscard]] std::vector<attempt_token> held() const { return *provider.held(); }
};

/// What a callback was given.
struct box {
  std::optional<fsm::expected<fsm::function_view>> got;
  [[nodiscard]] auto callback() {
    return [this](fsm::expected<fsm::function_view> view) { got = std::move(view); };
  }
};

}  // namespace

TEST_CASE("Chance is the same for the same seed, and spreads", "[simulation]") {
  fsm::chance a{7};
  fsm::chance b{7};
  std::vector<int> counts(10);
  for (int i = 0; i < 10'000; ++i) {
    const auto n = a.below(10);
    REQUIRE(n == b.below(10));
    ++counts[n];
  }
  for (const int count : counts) CHECK((count > 800 && count < 1200));
  CHECK(fsm::chance{1}.next() != fsm::chance{2}.next());
  CHECK(fsm::chance{1}.below(0) == 0);
  CHECK_FALSE(fsm::chance{1}.happens(0));
  CHECK(fsm::chance{1}.happens(1));
}

TEST_CASE("A simulated clock runs what is due at its time, or late after a jump", "[simulation]") {
  fsm::simulated_clock clock;
  const fsm::timestamp start = clock.now();
  std::vector<fsm::duration> ran;
  const auto task = [&] { ran.push_back(clock.now() - start); };
  clock.call_at(start + 2s, task);
  clock.call_at(start + 1s, task);
  const auto taken_back = clock.call_at(start + 1s, task);
  CHECK(clock.cancel(taken_back));
  CHECK_FALSE(clock.cancel(taken_back));
  CHECK(clock.next() == start + 1s);
  clock.advance(3s);
  CHECK(ran == std::vector<fsm::duration>{1s, 2s});
  clock.call_at(start + 4s, task);
  clock.jump(1h);
  CHECK(ran.back() == 1h + 3s);
  CHECK(clock.next() == fsm::timestamp::max());
}

TEST_CASE_METHOD(small_world, "A commit that was kept back is told when it is let through",
                 "[simulation]") {
  auto owner = start();
  faults->set(fault::store_held, 1);
  box created;
  owner->runtime->create({.name = "f"}, created.callback());
  owner->run();
  CHECK_FALSE(created.got);
  store.let_through();
  owner->run();
  REQUIRE(created.got);
  CHECK(created.got->has_value());
  CHECK(faults->counted(fault::store_held) != 0);
}

TEST_CASE_METHOD(small_world, "A crash keeps what was acknowledged, and all or nothing of the rest",
                 "[simulation]") {
  int kept = 0;
  constexpr int rounds = 40;
  for (int i = 0; i < rounds; ++i) {
    auto owner = start();
    faults->set(fault::store_held, 1);
    const std::string name = "f" + std::to_string(i);
    owner->runtime->create({.name = name}, [](const auto&) {});
    owner->run();
    crash(std::move(owner));
    faults->heal();
    auto next = start();
    const bool is_there = next->runtime->size() != 0;
    kept += is_there ? 1 : 0;
    if (is_there) next->runtime->remove(name, 0, [](const auto&) {});
    next->run();
    crash(std::move(next));
  }
  CHECK(kept > 0);
  CHECK(kept < rounds);
}

TEST_CASE_METHOD(small_world, "A lost answer is asked for again, with the same token",
                 "[simulation]") {
  std::vector<fsm::provider_call> calls;
  provider.on_call = [&calls](const fsm::provider_call& what) { calls.push_back(what); };
  auto owner = start();
  faults->set(fault::answer_lost, 1);
  owner->runtime->create({.name = "f"}, [](const auto&) {});
  owner->run();
  REQUIRE(held().size() == 1);
  faults->heal();
  while (calls.size() == 1) {
    clock->advance_to(clock->next());
    owner->run();
  }
  CHECK(calls.at(1).token == calls.at(0).token);
  CHECK(calls.at(1).try_number == 2);
  CHECK(owner->runtime->admits("f"));
}

TEST_CASE_METHOD(small_world, "An owner that was paused neither commits nor releases any more",
                 "[simulation]") {
  how.provisioner.attempts_max = 1;
  faults->set(fault::answer_lost, 1);
  auto paused = start();
  paused->runtime->create({.name = "f"}, [](const auto&) {});
  paused->run();
  faults->heal();
  auto next = start();
  REQUIRE(next->runtime->admits("f"));
  REQUIRE(held() == std::vector<attempt_token>{{1, 1}});
  // It has missed the answer, gives the attempt up, and asks for the release of what it made.
  clock->advance(how.provisioner.attempt_timeout);
  paused->run();
  CHECK(held() == std::vector<attempt_token>{{1, 1}});
  box created;
  paused->runtime->create({.name = "g"}, created.callback());
  paused->run();
  CHECK_FALSE(paused->runtime->health().has_value());
  next->run();
  CHECK(next->runtime->admits("f"));
}

TEST_CASE_METHOD(small_world, "An attempt that is cancelled behind its own release is not made",
                 "[simulation]") {
  // The owner ends when the release of a failed attempt is noted, and the failure is not.
  bool is_noted = false;
  store.on_kept = [&is_noted](const fsm::commit_batch& batch) {
    for (const fsm::note& n : batch.notes)
      is_noted = is_noted || n.kind == fsm::note_kind::release_owed;
  };
  auto first = start();
  faults->set(fault::answer_failed, 1);
  first->runtime->create({.name = "f"}, [](const auto&) {});
  while (!is_noted) {
    REQUIRE(first->scheduler.queued() != 0);
    first->scheduler.run(0);
  }
  crash(std::move(first));
  clock->advance(7min);
  // The next one asks for the release, then for the attempt; an update finds it stuck.
  faults->heal();
  faults->set(fault::request_lost, 1);
  auto next = start();
  box cancelled;
  next->runtime->update({.name = "f"}, cancelled.callback());
  next->run();
  REQUIRE(cancelled.got);
  CHECK(cancelled.got->error().code == fsm::errc::state_conflict);
  faults->heal();
  for (int i = 0; i < 200; ++i) {
    clock->advance(10s);
    next->run();
  }
  CHECK(held().empty());
}
