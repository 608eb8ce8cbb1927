#include "actors/caf_support.hpp"
#include "support/forwarding_store.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/sec.hpp>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

using namespace caf_support;
using fsm::errc;

namespace {

const caf::error receiver_down = caf::make_error(caf::sec::request_receiver_down);

/// What a handle must do once its function or its runtime is gone: answer, and take anything
/// without harm.
void check_gone(caf::scoped_actor& self, const caf::actor& fn) {
  const auto status = ask<fsm::function_status>(self, fn, fsm::status_atom::value);
  REQUIRE(std::holds_alternative<caf::error>(status));
  CHECK(std::get<caf::error>(status) == receiver_down);
  CHECK(ping(self, fn, 1) == -1);
  caf::anon_send(fn, fsm::update_atom::value, std::string{"late"});
  caf::anon_send(fn, fsm::done_atom::value, fsm::admitted{});
  caf::anon_send_exit(fn, caf::exit_reason::kill);
}

struct borrowed_system {
  explicit borrowed_system(std::size_t workers = 1) : system{configure(workers)} {}
  caf::actor_system_config config;
  caf::actor_system system;

private:
  caf::actor_system_config& configure(std::size_t workers) {
    config.set("scheduler.max-threads", workers);
    config.set("scheduler.policy", caf::atom("sharing"));
    return config;
  }
};

fsm::runtime start_in(caf::actor_system& system, fsm::options how = {}) {
  auto started = fsm::start(std::move(how), system);
  REQUIRE(started);
  return *std::move(started);
}

/// Answers from a thread of its own, a little later.
class threaded_provider final : public fsm::resource_provider {
public:
  void provision(const fsm::provision_request&, fsm::completion done) override {
    later(std::move(done));
  }
  void release(const fsm::attempt_token&, fsm::completion done) override { later(std::move(done)); }

private:
  void later(fsm::completion done) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(done));
  }
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(200us);
      std::vector<fsm::completion> all;
      {
        const std::lock_guard lock{mutex_};
        all.swap(waiting_);
      }
      for (const fsm::completion& done : all) done.succeeded();
    }
  }
  std::mutex mutex_;
  std::vector<fsm::completion> waiting_;
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

}  // namespace

TEST_CASE("A handle kept beyond the removal of its function answers that the receiver is down",
          "[caf][handle]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  REQUIRE(runtime.remove("f"));
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  check_gone(self, fn);
  // The name is somebody else's now; the old handle is not theirs.
  const caf::actor successor = make_active(runtime, "f");
  CHECK(successor != fn);
  check_gone(self, fn);
  CHECK(ping(self, successor, 1) == 2);
}

TEST_CASE("A handle kept beyond stop answers that the receiver is down", "[caf][handle]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  runtime.stop();
  check_gone(self, fn);
}

TEST_CASE("A handle kept beyond the runtime and its own system can be asked from another system",
          "[caf][handle]") {
  caf::actor fn;
  {
    fsm::runtime runtime;
    fn = make_active(runtime, "a-name-too-long-to-be-kept-in-place");
  }
  borrowed_system elsewhere;
  caf::scoped_actor self{elsewhere.system};
  check_gone(self, fn);
}

TEST_CASE("A handle kept beyond a runtime in a borrowed system answers that the receiver is down",
          "[caf][handle]") {
  borrowed_system mine;
  caf::actor fn;
  {
    fsm::runtime runtime = start_in(mine.system);
    fn = make_active(runtime, "f");
  }
  caf::scoped_actor self{mine.system};
  check_gone(self, fn);
}

TEST_CASE("A handle dropped last, after runtime and systems, frees what is left", "[caf][handle]") {
  std::vector<caf::actor> handles;
  std::vector<caf::actor_addr> weak;
  {
    borrowed_system mine;
    fsm::runtime runtime = start_in(mine.system);
    for (int i = 0; i < 10; ++i) handles.push_back(make_active(runtime, "f" + std::to_string(i)));
    for (const caf::actor& fn : handles) weak.push_back(fn.address());
    REQUIRE(runtime.remove("f3"));
  }
  caf::anon_send(handles[0], fsm::ping_atom::value, std::uint64_t{1});
  handles.erase(handles.begin(), handles.begin() + 5);
  handles.clear();
  CHECK(caf::actor_cast<caf::actor>(weak[7]) == nullptr);
  weak.clear();
}

TEST_CASE("Calls on a stopped runtime are refused, whatever they are", "[embedding]") {
  fsm::runtime runtime;
  for (int i = 0; i < 3; ++i)
    make_active(runtime, "a-function-with-a-name-on-the-heap-" + std::to_string(i));
  runtime.stop();
  runtime.stop();
  const std::string name = "a-function-with-a-name-on-the-heap-1";
  CHECK(runtime.create({.name = "g"}).error().code == errc::stopped);
  CHECK(runtime.get(name).error().code == errc::stopped);
  CHECK(runtime.update(fsm::update_request{.name = name}).error().code == errc::stopped);
  CHECK(runtime.remove(name).error().code == errc::stopped);
  for (int i = 0; i < 3; ++i) CHECK(runtime.admit(name).error().code == errc::stopped);
  CHECK(runtime.wait(name, fsm::active, 1s).error().code == errc::stopped);
  CHECK(runtime.history(name).error().code == errc::stopped);
  const auto page = runtime.list();
  CHECK((!page || page->functions.empty()));
  int refused = 0;
  const auto count = [&refused](const fsm::expected<fsm::function_view>& got) {
    if (!got && got.error().code == errc::stopped) ++refused;
  };
  runtime.create({.name = "g"}, count);
  runtime.get(name, count);
  runtime.update(fsm::update_request{.name = name}, count);
  runtime.remove(name, 0, count);
  runtime.wait(name, fsm::active, 1s, count).detach();
  CHECK(refused == 5);
}

TEST_CASE("An admission kept beyond stop, and beyond the runtime, is harmless", "[embedding]") {
  std::optional<fsm::admission> beyond_stop;
  std::optional<fsm::admission> beyond_runtime;
  std::optional<fsm::admission> of_removed;
  {
    fsm::runtime runtime;
    make_active(runtime, "f");
    make_active(runtime, "g");
    beyond_stop = *runtime.admit("f");
    beyond_runtime = *runtime.admit("f");
    of_removed = *runtime.admit("g");
    REQUIRE(runtime.remove("g"));
    runtime.stop();
    beyond_stop->complete();
    beyond_stop.reset();
  }
  CHECK(beyond_runtime->version() == 1);
  beyond_runtime->complete();
  beyond_runtime->complete();
  of_removed.reset();
}

TEST_CASE("A subscription kept beyond the runtime is harmless", "[embedding]") {
  fsm::subscription waiting;
  fsm::subscription watching;
  {
    fsm::runtime runtime;
    make_active(runtime, "f");
    std::promise<errc> answered;
    waiting = runtime.wait("f", fsm::failed, 1h,
                           [&answered](auto got) { answered.set_value(got.error().code); });
    watching = runtime.watch(std::make_shared<fsm::observer>());
    runtime.stop();
    CHECK(answered.get_future().get() == errc::stopped);
  }
  waiting.cancel();
  watching.cancel();
}

TEST_CASE("A runtime in a borrowed system leaves it and its other actors alone", "[embedding]") {
  borrowed_system mine{2};
  const caf::actor counter = mine.system.spawn([](caf::event_based_actor*) -> caf::behavior {
    auto count = std::make_shared<std::uint64_t>(0);
    return {[count](fsm::ping_atom, std::uint64_t n) {
      *count += n;
      return caf::make_message(fsm::ping_atom::value, *count);
    }};
  });
  caf::scoped_actor self{mine.system};
  for (int round = 0; round < 3; ++round) {
    fsm::runtime runtime = start_in(mine.system);
    const caf::actor fn = make_active(runtime, "f");
    CHECK(ping(self, fn, 1) == 2);
    CHECK(ping(self, counter, 1) == round + 1);
    CHECK(&fsm::actor_system_of(runtime) == &mine.system);
  }
  CHECK(ping(self, counter, 1) == 4);
  caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
}

TEST_CASE("Two runtimes in one system do not know each other's functions", "[embedding]") {
  borrowed_system mine{2};
  fsm::runtime first = start_in(mine.system);
  fsm::runtime second = start_in(mine.system);
  const caf::actor a = make_active(first, "f");
  CHECK(second.get("f").error().code == errc::not_found);
  const caf::actor b = make_active(second, "f");
  CHECK(a != b);
  first.stop();
  caf::scoped_actor self{mine.system};
  CHECK(ping(self, a, 1) == -1);
  CHECK(ping(self, b, 1) == 2);
}

TEST_CASE(
    "Runtimes can be started and stopped many times, with functions, waiters and handles left",
    "[embedding]") {
  borrowed_system mine{2};
  std::vector<caf::actor> handles;
  for (int round = 0; round < 20; ++round) {
    const bool own = round % 2 == 0;
    fsm::runtime runtime =
        own ? fsm::runtime{fsm::options{.provider = std::make_shared<threaded_provider>()}}
            : start_in(mine.system, {.provider = std::make_shared<threaded_provider>()});
    for (int i = 0; i < 5; ++i) REQUIRE(runtime.create({.name = "f" + std::to_string(i)}));
    handles.push_back(*fsm::handle(runtime, "f1"));
    REQUIRE(runtime.wait("f2", fsm::active, 20s));
    runtime.wait("f2", fsm::gone, 1h, [](const auto&) {}).detach();
    static_cast<void>(runtime.remove("f3"));
  }
  caf::scoped_actor self{mine.system};
  for (const caf::actor& fn : handles) CHECK(ping(self, fn, 1) == -1);
}

TEST_CASE("Synchronous calls from an actor's handler on the only worker of a system do not hang",
          "[embedding]") {
  borrowed_system mine{1};
  // The others' calls are bounded, and so is what the handler's have to wait behind.
  fsm::runtime runtime = start_in(
      mine.system, {.provider = std::make_shared<threaded_provider>(), .calls_max = 1'000});
  std::atomic<bool> stop{false};
  // Keeps work coming that waits for the one worker, which is blocked in the handler below.
  std::thread others{[&] {
    for (int i = 0; !stop; ++i) {
      const std::string name = "other" + std::to_string(i % 10);
      runtime.create({.name = name}, [](const auto&) {});
      runtime.remove(name, 0, [](const auto&) {});
      if (i % 4 == 0) std::this_thread::sleep_for(100us);
    }
  }};
  auto done = std::make_shared<std::promise<int>>();
  auto future = done->get_future();
  mine.system.spawn([&runtime, done](caf::event_based_actor*) {
    int succeeded = 0;
    for (int i = 0; i < 50; ++i) {
      const std::string name = "f" + std::to_string(i);
      const bool all = runtime.create({.name = name}) && runtime.wait(name, fsm::active, 20s) &&
                       runtime.get(name) && runtime.admit(name) && runtime.remove(name);
      succeeded += all ? 1 : 0;
    }
    done->set_value(succeeded);
  });
  const bool ended = future.wait_for(40s) == std::future_status::ready;
  stop = true;
  others.join();
  REQUIRE(ended);
  CHECK(future.get() == 50);
}

TEST_CASE("A call on a function whose work waits for the blocked only worker does not hang",
          "[embedding]") {
  borrowed_system mine{1};
  fsm::runtime runtime = start_in(mine.system);
  const caf::actor fn = make_active(runtime, "f");
  std::atomic<bool> stop{false};
  std::thread flood{[&] {
    // More than one turn's worth, again and again: the rest of each goes to the worker.
    while (!stop) {
      for (int i = 0; i < 500; ++i) caf::anon_send(fn, fsm::ping_atom::value, std::uint64_t{1});
      std::this_thread::sleep_for(1ms);
    }
  }};
  auto done = std::make_shared<std::promise<int>>();
  auto future = done->get_future();
  mine.system.spawn([&runtime, done](caf::event_based_actor*) {
    int failed = 0;
    const auto end = std::chrono::steady_clock::now() + 300ms;
    while (std::chrono::steady_clock::now() < end) failed += runtime.get("f") ? 0 : 1;
    done->set_value(failed);
  });
  const bool ended = future.wait_for(40s) == std::future_status::ready;
  stop = true;
  flood.join();
  REQUIRE(ended);
  CHECK(future.get() == 0);
}

TEST_CASE("Stopping from an actor's handler on the only worker does not hang", "[embedding]") {
  borrowed_system mine{1};
  fsm::runtime runtime = start_in(mine.system, {.provider = std::make_shared<threaded_provider>()});
  for (int i = 0; i < 20; ++i)
    runtime.create({.name = "f" + std::to_string(i)}, [](const auto&) {});
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  const auto begin = std::chrono::steady_clock::now();
  mine.system.spawn([&runtime, done](caf::event_based_actor*) {
    runtime.stop();
    done->set_value();
  });
  REQUIRE(future.wait_for(40s) == std::future_status::ready);
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

TEST_CASE("A store that answers after the runtime has gone finds nobody, and harms nobody",
          "[embedding]") {
  class late_store final : public fsm::testing::forwarding_store {
  public:
    void commit(const fsm::commit_batch&, committed done) override {
      kept.push_back(std::move(done));
      ++commits;
    }
    std::deque<committed> kept;  // For others only when nobody commits any more.
    std::atomic<int> commits{0};
  };
  auto store = std::make_shared<late_store>();
  std::vector<errc> answers;
  {
    fsm::runtime runtime{{.store = store}};
    const auto note = [&answers](const auto& got) {
      answers.push_back(got ? errc::none : got.error().code);
    };
    runtime.create({.name = "f"}, note);
    REQUIRE(soon([&] { return store->commits == 1; }));
    // These wait behind the first.
    runtime.create({.name = "g"}, note);
    runtime.get("f", note);
    runtime.stop(20ms);
    // The callers know that they do not know.
    CHECK(answers == std::vector(3, errc::outcome_unknown));
  }
  for (const auto& done : store->kept) done({});
  CHECK(answers.size() == 3);
}
