#include "actors/hostile_users.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/sec.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <ctime>
#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

// Hostile use from many threads. Everything here ends by itself.

using namespace caf_support;
using fsm::errc;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t scale = 8;
#else
constexpr std::size_t scale = 1;
#endif

/// The processor time this thread has used: a caller that works for others shows, one that is only
/// preempted does not.
std::chrono::nanoseconds own_time() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

}  // namespace

TEST_CASE("A chain of a million functions forwards a message without needing stack",
          "[caf][stress]") {
  constexpr std::size_t length = 1'000'000 / scale;
  fsm::runtime runtime{{.store = fsm::make_null_store()}};
  std::atomic<std::size_t> answered{0};
  for (std::size_t i = 0; i < length; ++i) {
    const std::string name = "f" + std::to_string(i);
    if (i % 1'000 == 999) {
      REQUIRE(runtime.create({.name = name}));
      ++answered;
    } else {
      runtime.create({.name = name}, [&answered](const auto& got) { answered += got ? 1 : 0; });
    }
  }
  REQUIRE(soon([&] { return answered.load() == length; }));
  std::vector<caf::strong_actor_ptr> stages;
  stages.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    stages.push_back(
        caf::actor_cast<caf::strong_actor_ptr>(*fsm::handle(runtime, "f" + std::to_string(i))));
  }
  const caf::strong_actor_ptr first = std::move(stages.back());
  stages.pop_back();
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  first->enqueue(caf::make_mailbox_element(caf::actor_cast<caf::strong_actor_ptr>(self),
                                           caf::make_message_id(), std::move(stages),
                                           fsm::ping_atom::value, std::uint64_t{0}),
                 nullptr);
  std::uint64_t hops = 0;
  self->receive([&hops](fsm::ping_atom, std::uint64_t n) { hops = n; },
                caf::after(patience) >> [] {});
  CHECK(hops == length);
}

TEST_CASE("A flood on one function keeps no other caller for long", "[caf][stress]") {
  fsm::runtime runtime{{.threads = 2}};
  const caf::actor fn = make_active(runtime, "f");
  std::atomic<bool> stop{false};
  std::thread flood{[&] {
    while (!stop.load(std::memory_order_relaxed))
      caf::anon_send(fn, fsm::ping_atom::value, std::uint64_t{1});
  }};
  std::chrono::nanoseconds longest{0};
  const auto end = std::chrono::steady_clock::now() + 700ms;
  while (std::chrono::steady_clock::now() < end) {
    const auto before = own_time();
    caf::anon_send(fn, fsm::ping_atom::value, std::uint64_t{1});
    longest = std::max(longest, own_time() - before);
  }
  stop = true;
  flood.join();
  CHECK(longest < 100ms);
}

TEST_CASE("Requests beyond 1,024 waiting ones are refused, and those before them answered",
          "[caf]") {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{1});
  config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system{config};
  auto runtime = fsm::start({.run = fsm::run_mode::scheduled}, system);
  REQUIRE(runtime);
  const caf::actor fn = make_active(*runtime, "f");
  // The only worker is held, so that all of it waits when the function is run next.
  std::promise<void> held;
  std::promise<void> go_on;
  system.spawn([&](caf::event_based_actor*) {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  constexpr int count = 5'000;
  int answered = 0;
  int refused = 0;
  caf::scoped_actor self{system};
  for (int i = 0; i < count; ++i) self->send(fn, fsm::ping_atom::value, std::uint64_t{0});
  go_on.set_value();
  // 5,000 plain messages are not refused: they are nobody's requests. Only then the requests.
  for (int i = 0; i < count; ++i) self->receive([&](fsm::ping_atom, std::uint64_t) { ++answered; });
  CHECK(answered == count);

  answered = 0;
  std::promise<void> held_again;
  std::promise<void> go_on_again;
  system.spawn([&](caf::event_based_actor*) {
    held_again.set_value();
    go_on_again.get_future().wait();
  });
  held_again.get_future().wait();
  const auto request = [&] {
    return self->request(fn, patience, fsm::ping_atom::value, std::uint64_t{0});
  };
  std::vector<decltype(request())> waiting;
  for (int i = 0; i < count; ++i) waiting.push_back(request());
  go_on_again.set_value();
  for (auto& one : waiting) {
    one.receive([&](fsm::ping_atom, std::uint64_t) { ++answered; },
                [&](const caf::error& why) {
                  refused += fsm::code_of(why) == errc::too_many_requests ? 1 : 0;
                });
  }
  CHECK(answered == 1'024);
  CHECK(refused == count - 1'024);
}

TEST_CASE("A function whose last handle is in its own mailbox ends cleanly", "[caf][stress]") {
  fsm::runtime runtime;
  for (int i = 0; i < 200; ++i) {
    caf::actor fn = make_active(runtime, "f");
    REQUIRE(runtime.remove("f"));
    // An unknown message that carries the last handle: it is dropped in the middle of the
    // function's run.
    caf::actor_cast<caf::strong_actor_ptr>(fn)->enqueue(
        caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(fn)), nullptr);
  }
  CHECK(runtime.size() == 0);
}

TEST_CASE("Callbacks and observers may drop handles, remove functions and create new ones",
          "[embedding][stress]") {
  struct busy_observer final : fsm::observer {
    void on_transition(const fsm::transition& t) override {
      if (t.event == fsm::event::provision_succeeded && t.name.starts_with("f")) {
        runtime->remove(t.name, 0, [this, name = "g" + t.name](const auto&) {
          runtime->create({.name = name}, [this, kept = handle_of(name)](const auto&) mutable {
            kept = nullptr;
            ++created;
          });
        });
      }
      // A synchronous call would wait for itself: refused, not captured.
      if (runtime->get(t.name).error().code != errc::would_deadlock) ++wrong;
    }
    caf::actor handle_of(const std::string& name) const {
      const auto got = fsm::handle(*runtime, name);
      return got ? *got : caf::actor{};
    }
    fsm::runtime* runtime = nullptr;
    std::atomic<int> created{0};
    std::atomic<int> wrong{0};
  };
  auto busy = std::make_shared<busy_observer>();
  fsm::runtime runtime;
  busy->runtime = &runtime;
  const auto watching = runtime.watch(busy);
  constexpr int count = 300;
  for (int i = 0; i < count; ++i)
    runtime.create({.name = "f" + std::to_string(i)}, [](const auto&) {});
  CHECK(soon([&] { return busy->created.load() == count; }));
  CHECK(busy->wrong.load() == 0);
  CHECK(soon([&] { return runtime.size() == count; }));
}

TEST_CASE("Providers, observers and callbacks that throw harm nobody", "[embedding][stress]") {
  struct throwing_observer final : fsm::observer {
    void on_transition(const fsm::transition&) override { throw std::runtime_error{"observer"}; }
    void on_attempt(const fsm::provision_request&) override {
      throw std::runtime_error{"observer"};
    }
    void on_stopped() override { throw std::runtime_error{"observer"}; }
  };
  struct throwing_provider final : fsm::resource_provider {
    void provision(const fsm::provision_request&, fsm::completion) override { throw 42; }
    void release(const fsm::attempt_token&, fsm::completion) override {
      throw std::runtime_error{"provider"};
    }
  };
  fsm::runtime runtime{{.provider = std::make_shared<throwing_provider>(),
                        .provisioner = {.attempts_max = 2, .backoff_min = 1ms, .backoff_max = 1ms},
                        .observers = {std::make_shared<throwing_observer>()}}};
  std::atomic<int> called{0};
  const auto thrower = [&called](const auto&) {
    ++called;
    throw std::runtime_error{"callback"};
  };
  runtime.create({.name = "f"}, thrower);
  runtime.wait("f", fsm::exists, 10s, thrower).detach();
  CHECK(runtime.wait("f", fsm::failed, 20s));
  runtime.get("f", thrower);
  CHECK(soon([&] { return called.load() == 3; }));
  CHECK(runtime.get("f")->state_reason_code == fsm::reason_code::internal_error);
}

TEST_CASE("Many threads on few names see only legal transitions, in order and without gaps",
          "[embedding][stress]") {
  const std::size_t names = GENERATE(std::size_t{10}, std::size_t{1'000});
  const bool erratic = GENERATE(false, true);
  CAPTURE(names, erratic);
  auto provider = std::make_shared<bookkeeping_provider>(erratic);
  auto seen = std::make_shared<checking_observer>();
  fsm::runtime runtime{
      {.provider = provider,
       .idle_after = 3ms,
       .admission_timeout = 50ms,
       .provisioner = {.attempt_timeout = 20ms, .backoff_min = 1ms, .backoff_max = 2ms},
       .observers = {seen}}};
  crowd users{runtime, 4, names};
  const auto end = std::chrono::steady_clock::now() + 1'500ms;
  while (std::chrono::steady_clock::now() < end) {
    provider->catch_up();
    std::uint64_t sum = 0;
    for (const std::uint64_t n : runtime.count()) sum += n;
    if (sum > names + 100) FAIL_CHECK("more functions than names: " << sum);
    static_cast<void>(runtime.list({.limit = 50}));
    std::this_thread::sleep_for(1ms);
  }
  users.leave();
  users.check();
  // Everything is removed; then the provider must hold nothing any more.
  for (std::size_t i = 0; i < names; ++i) {
    const auto removed = runtime.remove("n" + std::to_string(i));
    if (!removed && removed.error().code != errc::not_found) FAIL_CHECK(removed.error().message);
  }
  CHECK(soon([&] {
    provider->catch_up();
    return provider->held() == 0;
  }));
  CHECK(runtime.size() == 0);
  CHECK(runtime.count() == seen->counts());
  CHECK(seen->transitions.load() > 0);
  check(*seen);
  runtime.stop();
  CHECK(seen->stopped.load());
}

TEST_CASE("A stop in the middle of it all ends every call and every callback",
          "[embedding][stress]") {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{2});
  caf::actor_system system{config};
  const bool own = GENERATE(true, false);
  for (int round = 0; round < 8; ++round) {
    auto provider = std::make_shared<bookkeeping_provider>(true);
    auto seen = std::make_shared<checking_observer>();
    fsm::options how{
        .provider = provider,
        .idle_after = 3ms,
        .provisioner = {.attempt_timeout = 20ms, .backoff_min = 1ms, .backoff_max = 2ms},
        .observers = {seen}};
    auto started = own ? fsm::runtime::start(std::move(how)) : fsm::start(std::move(how), system);
    REQUIRE(started);
    fsm::runtime runtime = *std::move(started);
    crowd users{runtime, 3, 20};
    std::this_thread::sleep_for(std::chrono::milliseconds{5 + 10 * round});
    const auto begin = std::chrono::steady_clock::now();
    runtime.stop();
    CHECK(std::chrono::steady_clock::now() - begin < 3s);
    users.leave();
    users.check();
    check(*seen);
    provider->catch_up();
  }
}
