#include "dispatch.hpp"

#include "actors/caf_support.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace caf_support;
using fsm::errc;

namespace {

/// A system in which nothing runs but by the test's own hand.
struct simulation {
  simulation() : system{configure()} {}
  ~simulation() {
    while (jobs().try_run_once()) {
    }
  }
  [[nodiscard]] caf::scheduler::test_coordinator& jobs() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }
  caf::actor_system_config config;
  std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  caf::actor_system system;

private:
  caf::actor_system_config& configure() {
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }
};

}  // namespace

TEST_CASE("A thread that only calls the runtime is not inside it", "[dispatch]") {
  fsm::runtime runtime;
  make_active(runtime, "f");
  CHECK_FALSE(fsm::detail::inside_the_runtime());
}

TEST_CASE(
    "Whoever runs a callback is inside the runtime: synchronous calls are refused, others are not",
    "[dispatch]") {
  fsm::runtime runtime;
  std::promise<std::vector<errc>> seen;
  std::promise<bool> later;
  runtime.create({.name = "f"}, [&](const auto&) {
    std::vector<errc> codes;
    codes.push_back(runtime.create({.name = "g"}).error().code);
    codes.push_back(runtime.get("f").error().code);
    codes.push_back(runtime.remove("f").error().code);
    codes.push_back(runtime.wait("f", fsm::active, 1s).error().code);
    codes.push_back(runtime.history("f").error().code);
    codes.push_back(runtime.names("", "", 10).error().code);
    runtime.get("f", [&later](const auto& got) { later.set_value(got.has_value()); });
    seen.set_value(codes);
  });
  auto codes = seen.get_future();
  REQUIRE(codes.wait_for(patience) == std::future_status::ready);
  CHECK(codes.get() == std::vector(6, errc::would_deadlock));
  CHECK(later.get_future().get());
}

TEST_CASE("An idle function is run by its sender, before the send returns", "[dispatch]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  self->send(fn, fsm::ping_atom::value, std::uint64_t{1});
  CHECK(self->mailbox().count() == 1);
}

TEST_CASE("With run scheduled a message waits for the scheduler", "[dispatch]") {
  simulation s;
  auto runtime = fsm::start({.clock = s.clock, .run = fsm::run_mode::scheduled}, s.system);
  REQUIRE(runtime);
  const caf::actor fn = make_active(*runtime, "f");
  while (s.jobs().try_run_once()) {
  }
  caf::scoped_actor self{s.system};
  self->send(fn, fsm::ping_atom::value, std::uint64_t{1});
  CHECK(self->mailbox().count() == 0);
  REQUIRE(s.jobs().jobs.size() == 1);
  CHECK(s.jobs().try_run_once());
  CHECK(self->mailbox().count() == 1);
  CHECK(s.jobs().jobs.empty());
}

TEST_CASE("In a simulation each job runs one message, in whatever order is chosen", "[dispatch]") {
  simulation s;
  auto runtime = fsm::start({.clock = s.clock, .run = fsm::run_mode::scheduled}, s.system);
  REQUIRE(runtime);
  const caf::actor a = make_active(*runtime, "a");
  const caf::actor b = make_active(*runtime, "b");
  while (s.jobs().try_run_once()) {
  }
  caf::scoped_actor self{s.system};
  for (std::uint64_t n = 0; n < 2; ++n) {
    self->send(a, fsm::ping_atom::value, n);
    self->send(b, fsm::ping_atom::value, n + 100);
  }
  REQUIRE(s.jobs().jobs.size() == 2);
  // The second one first.
  std::swap(s.jobs().jobs[0], s.jobs().jobs[1]);
  std::vector<std::uint64_t> order;
  while (s.jobs().try_run_once()) {
    self->receive([&order](fsm::ping_atom, std::uint64_t n) { order.push_back(n); },
                  caf::after(0ms) >> [] {});
  }
  CHECK(order == std::vector<std::uint64_t>{101, 1, 102, 2});
}

TEST_CASE("A synchronous call in a simulation runs it until it is answered, and time with it",
          "[dispatch]") {
  simulation s;
  auto runtime = fsm::start({.clock = s.clock, .run = fsm::run_mode::scheduled}, s.system);
  REQUIRE(runtime);
  REQUIRE(runtime->create({.name = "f"}));
  REQUIRE(runtime->wait("f", fsm::active, 1h));
  const auto before = s.clock->now();
  CHECK(runtime->wait("f", fsm::inactive, 30 * 24h));
  CHECK(s.clock->now() - before >= 14 * 24h);
  CHECK(runtime->wait("f", fsm::failed, 10min).error().code == errc::timed_out);
}

TEST_CASE("A simulation stops with everything it has started", "[dispatch]") {
  simulation s;
  caf::actor fn;
  {
    auto runtime = fsm::start({.clock = s.clock, .run = fsm::run_mode::scheduled}, s.system);
    REQUIRE(runtime);
    fn = make_active(*runtime, "f");
    for (int i = 0; i < 10; ++i) caf::anon_send(fn, fsm::ping_atom::value, std::uint64_t{1});
    runtime->create({.name = "g"}, [](const auto&) {});
  }
  caf::scoped_actor self{s.system};
  self->send(fn, fsm::ping_atom::value, std::uint64_t{1});
}

TEST_CASE("What waits for a worker is taken once, oldest first", "[dispatch]") {
  using fsm::detail::errands;
  const caf::intrusive_ptr<errands> waiting{new errands{1}, false};
  CHECK(waiting->take().who == nullptr);
  // A ticket too many finds nothing to do.
  CHECK(waiting->resume(nullptr, 1) == caf::resumable::done);
}

TEST_CASE("Functions whose work waits when the system ends answer that they are gone",
          "[dispatch]") {
  caf::actor fn;
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{1});
  config.set("scheduler.policy", caf::atom("sharing"));
  {
    caf::actor_system system{config};
    auto runtime = fsm::start({.run = fsm::run_mode::scheduled}, system);
    REQUIRE(runtime);
    fn = make_active(*runtime, "f");
    std::promise<void> held;
    std::promise<void> go_on;
    system.spawn([&](caf::event_based_actor*) {
      held.set_value();
      go_on.get_future().wait();
    });
    held.get_future().wait();
    for (int i = 0; i < 100; ++i) caf::anon_send(fn, fsm::ping_atom::value, std::uint64_t{1});
    std::thread releaser{[&go_on] {
      std::this_thread::sleep_for(5ms);
      go_on.set_value();
    }};
    runtime->stop();
    releaser.join();
  }
  caf::actor_system_config other_config;
  caf::actor_system other{other_config};
  caf::scoped_actor self{other};
  CHECK(ping(self, fn, 1) == -1);
}
