#include "actors/caf_support.hpp"
#include "support/forwarding_store.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <future>
#include <memory>
#include <vector>

using namespace caf_support;
using fsm::errc;

namespace {

/// Keeps the completions, so that the test decides when something becomes Active.
class slow_provider final : public fsm::resource_provider {
public:
  void provision(const fsm::provision_request&, fsm::completion done) override {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(done));
  }
  void release(const fsm::attempt_token& token, fsm::completion done) override {
    {
      const std::lock_guard lock{mutex_};
      released_.push_back(token);
    }
    done.succeeded();
  }
  void answer() {
    std::vector<fsm::completion> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(waiting_);
    }
    for (const fsm::completion& done : all) done.succeeded();
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard lock{mutex_};
    return waiting_.size();
  }
  [[nodiscard]] std::vector<fsm::attempt_token> released() const {
    const std::lock_guard lock{mutex_};
    return released_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<fsm::completion> waiting_;
  std::vector<fsm::attempt_token> released_;
};

const caf::error* error_in(const auto& got) { return std::get_if<caf::error>(&got); }

}  // namespace

TEST_CASE("A function answers a ping with the next number", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  CHECK(ping(self, fn, 41) == 42);
}

TEST_CASE("A function's status is its state, reasons, revision and version", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::function_status>(self, fn, fsm::status_atom::value);
  const auto* status = std::get_if<fsm::function_status>(&got);
  REQUIRE(status != nullptr);
  const auto view = runtime.get("f");
  REQUIRE(view);
  CHECK(status->name == "f");
  CHECK(status->uid == view->uid);
  CHECK(status->pair() == fsm::pairs::ready);
  CHECK(status->revision == view->revision);
  CHECK(status->version == view->version);
}

TEST_CASE(
    "An invocation over CAF is admitted, keeps the function from going idle, and ends with done",
    "[caf]") {
  auto clock = std::make_shared<fsm::manual_clock>();
  fsm::runtime runtime{{.clock = clock, .idle_after = 1h, .admission_timeout = 48h}};
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::admitted>(self, fn, fsm::invoke_atom::value);
  REQUIRE(std::holds_alternative<fsm::admitted>(got));
  clock->advance(5h);
  CHECK(runtime.get("f")->state == fsm::state::active);
  self->send(fn, fsm::done_atom::value, std::get<fsm::admitted>(got));
  CHECK(ping(self, fn, 1) == 2);
  clock->advance(2h);
  CHECK(runtime.get("f")->state == fsm::state::inactive);
  const auto refused = ask<fsm::admitted>(self, fn, fsm::invoke_atom::value);
  REQUIRE(error_in(refused) != nullptr);
  CHECK(fsm::code_of(*error_in(refused)) == errc::function_initializing);
}

TEST_CASE("A done for a removed function releases its resources at once, not at a deadline",
          "[caf]") {
  auto provider = std::make_shared<slow_provider>();
  fsm::runtime runtime{{.provider = provider}};
  REQUIRE(runtime.create({.name = "f"}));
  REQUIRE(soon([&] { return provider->waiting() == 1; }));
  provider->answer();
  REQUIRE(runtime.wait("f", fsm::active, 20s));
  const caf::actor fn = *fsm::handle(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::admitted>(self, fn, fsm::invoke_atom::value);
  REQUIRE(std::holds_alternative<fsm::admitted>(got));
  REQUIRE(runtime.remove("f"));
  CHECK(provider->released().empty());
  self->send(fn, fsm::done_atom::value, std::get<fsm::admitted>(got));
  CHECK(soon([&] { return provider->released().size() == 1; }));
}

TEST_CASE("A done that nobody was admitted for changes nothing", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  for (std::uint32_t generation = 0; generation < 100; ++generation) {
    self->send(fn, fsm::done_atom::value, fsm::admitted{generation, 1, 1});
  }
  CHECK(ping(self, fn, 1) == 2);
  CHECK(runtime.admit("f"));
}

TEST_CASE("An update over CAF starts the update and answers with the new target", "[caf]") {
  auto provider = std::make_shared<slow_provider>();
  fsm::runtime runtime{{.provider = provider}};
  REQUIRE(runtime.create({.name = "f"}));
  REQUIRE(soon([&] { return provider->waiting() == 1; }));
  provider->answer();
  REQUIRE(runtime.wait("f", fsm::active, 20s));
  const caf::actor fn = *fsm::handle(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::function_status>(self, fn, fsm::update_atom::value, std::string{"two"});
  const auto* status = std::get_if<fsm::function_status>(&got);
  REQUIRE(status != nullptr);
  CHECK(status->pair() == fsm::pairs::updating);
  CHECK(status->version == 2);
  CHECK(runtime.get("f")->document == "two");
  const auto again =
      ask<fsm::function_status>(self, fn, fsm::update_atom::value, std::string{"three"});
  REQUIRE(error_in(again) != nullptr);
  CHECK(fsm::code_of(*error_in(again)) == errc::update_in_progress);
}

TEST_CASE("A remove over CAF answers with the last status, and the name is free", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::function_status>(self, fn, fsm::remove_atom::value);
  const auto* status = std::get_if<fsm::function_status>(&got);
  REQUIRE(status != nullptr);
  CHECK(status->pair() == fsm::pairs::ready);
  CHECK(runtime.get("f").error().code == errc::not_found);
  CHECK(runtime.create({.name = "f"}));
}

TEST_CASE("A refusal carries the category fsm, the errc as code and the context as message",
          "[caf]") {
  auto provider = std::make_shared<slow_provider>();
  fsm::runtime runtime{{.provider = provider}};
  REQUIRE(runtime.create({.name = "f"}));
  const caf::actor fn = *fsm::handle(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::admitted>(self, fn, fsm::invoke_atom::value);
  const caf::error* why = error_in(got);
  REQUIRE(why != nullptr);
  CHECK(why->category() == caf::atom("fsm"));
  CHECK(fsm::code_of(*why) == errc::function_pending);
  REQUIRE(why->context().match_elements<std::string>());
  CHECK(why->context().get_as<std::string>(0).find("f is Pending") != std::string::npos);
}

TEST_CASE("An error of another category has no errc of ours", "[caf]") {
  CHECK(fsm::code_of(caf::make_error(caf::sec::unexpected_message)) == errc::internal);
  CHECK(fsm::code_of(caf::error{}) == errc::internal);
  CHECK(fsm::code_of(caf::error{200, caf::atom("fsm")}) == errc::internal);
}

TEST_CASE("A document over CAF is held to the same limit as any other", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto got = ask<fsm::function_status>(self, fn, fsm::update_atom::value,
                                             std::string((std::size_t{256} << 20U) + 1, 'x'));
  REQUIRE(error_in(got) != nullptr);
  CHECK(fsm::code_of(*error_in(got)) == errc::invalid_argument);
  CHECK(runtime.get("f")->document == "one");
}

TEST_CASE("An unknown request is answered with unexpected_message, an unknown message is dropped",
          "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  caf::anon_send(fn, std::string{"what"});
  self->send(fn, 1, 2, 3);
  const auto got = ask<int>(self, fn, std::string{"what"});
  REQUIRE(error_in(got) != nullptr);
  CHECK(*error_in(got) == caf::make_error(caf::sec::unexpected_message));
  // Known words with the wrong arguments are unknown messages too.
  CHECK(error_in(ask<int>(self, fn, fsm::update_atom::value, 3)) != nullptr);
  CHECK(error_in(ask<int>(self, fn, fsm::ping_atom::value)) != nullptr);
  CHECK(ping(self, fn, 1) == 2);
}

TEST_CASE("Anonymous messages do their work without an answer", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::anon_send(fn, fsm::ping_atom::value, std::uint64_t{1});
  caf::anon_send(fn, fsm::status_atom::value);
  caf::anon_send(fn, fsm::invoke_atom::value);
  caf::anon_send(fn, fsm::update_atom::value, std::string{"two"});
  CHECK(runtime.wait("f", fsm::settled, 20s));
  CHECK(runtime.get("f")->document == "two");
  caf::anon_send(fn, fsm::remove_atom::value);
  CHECK(runtime.wait("f", fsm::gone, 20s));
}

TEST_CASE("An event-based actor talks to functions like to any other actor", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto done = std::make_shared<std::promise<fsm::function_status>>();
  auto future = done->get_future();
  fsm::actor_system_of(runtime).spawn([fn, done](caf::event_based_actor* self) {
    self->request(fn, patience, fsm::invoke_atom::value).then([=](const fsm::admitted& given) {
      self->send(fn, fsm::done_atom::value, given);
      self->request(fn, patience, fsm::update_atom::value, std::string{"two"})
          .then([=](const fsm::function_status& status) { done->set_value(status); });
    });
  });
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  CHECK(future.get().name == "f");
}

TEST_CASE("A delegated request is answered to the one who asked", "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto& system = fsm::actor_system_of(runtime);
  const caf::actor middle = system.spawn([fn](caf::event_based_actor* self) -> caf::behavior {
    return {[=](fsm::ping_atom, std::uint64_t n) {
              return self->delegate(fn, fsm::ping_atom::value, n + 100);
            },
            [=](fsm::status_atom) { return self->delegate(fn, fsm::status_atom::value); }};
  });
  caf::scoped_actor self{system};
  CHECK(ping(self, middle, 1) == 102);
  const auto status = ask<fsm::function_status>(self, middle, fsm::status_atom::value);
  CHECK(std::holds_alternative<fsm::function_status>(status));
  caf::anon_send_exit(middle, caf::exit_reason::user_shutdown);
}

TEST_CASE("In a chain of stages the answer of one function is the request of the next", "[caf]") {
  fsm::runtime runtime;
  const caf::actor first = make_active(runtime, "first");
  const caf::actor second = make_active(runtime, "second");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  // CAF's own composition sets the stages.
  CHECK(ping(self, second * first, 1) == 3);
  CHECK(ping(self, first * second * first * second, 1) == 5);
}

TEST_CASE("A refusal inside a chain of stages reaches the next stage as CAF's own actors do it",
          "[caf]") {
  auto provider = std::make_shared<slow_provider>();
  fsm::runtime runtime{{.provider = provider}};
  REQUIRE(runtime.create({.name = "f"}));
  const caf::actor fn = *fsm::handle(runtime, "f");
  auto& system = fsm::actor_system_of(runtime);
  auto heard = std::make_shared<std::promise<errc>>();
  auto future = heard->get_future();
  const caf::actor last = system.spawn([heard](caf::event_based_actor* self) -> caf::behavior {
    self->set_error_handler(
        [heard](caf::scheduled_actor*, caf::error& why) { heard->set_value(fsm::code_of(why)); });
    return {[](const fsm::admitted&) {}};
  });
  caf::anon_send(last * fn, fsm::invoke_atom::value);
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  CHECK(future.get() == errc::function_pending);
  caf::anon_send_exit(last, caf::exit_reason::user_shutdown);
}

TEST_CASE("Messages of one sender are handled in order, urgent ones too", "[caf]") {
  auto provider = std::make_shared<slow_provider>();
  fsm::runtime runtime{{.provider = provider, .threads = 1, .run = fsm::run_mode::scheduled}};
  REQUIRE(runtime.create({.name = "f"}));
  REQUIRE(soon([&] { return provider->waiting() == 1; }));
  provider->answer();
  REQUIRE(runtime.wait("f", fsm::active, 20s));
  const caf::actor fn = *fsm::handle(runtime, "f");
  // The only worker is held until all of it waits.
  std::promise<void> held;
  std::promise<void> go_on;
  fsm::actor_system_of(runtime).spawn([&](caf::event_based_actor*) {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  auto updated = self->request(fn, patience, fsm::update_atom::value, std::string{"two"});
  caf::anon_send<caf::message_priority::high>(fn, fsm::remove_atom::value);
  go_on.set_value();
  bool updating = false;
  updated.receive(
      [&](const fsm::function_status& status) { updating = status.pair() == fsm::pairs::updating; },
      [](const caf::error&) {});
  CHECK(updating);
  CHECK(runtime.wait("f", fsm::gone, 20s));
}

TEST_CASE(
    "A function says what it is when it is asked for its info, and refuses other system messages",
    "[caf]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  std::string kind;
  caf::strong_actor_ptr who;
  self->request(fn, patience, caf::sys_atom::value, caf::get_atom::value, std::string{"info"})
      .receive(
          [&](caf::ok_atom, const std::string&, const caf::strong_actor_ptr& ptr,
              const std::string& name) {
            who = ptr;
            kind = name;
          },
          [](caf::error&) {});
  CHECK(kind == "fsm.function");
  CHECK(who == fn);
  const auto refused =
      ask<int>(self, fn, caf::sys_atom::value, caf::get_atom::value, std::string{"else"});
  CHECK(error_in(refused) != nullptr);
  CHECK(error_in(ask<int>(self, fn, caf::sys_atom::value, 1)) != nullptr);
}

TEST_CASE("A handle of a name that is not there is an error", "[caf]") {
  fsm::runtime runtime;
  const auto none = fsm::handle(runtime, "f");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
  runtime.stop();
  CHECK(fsm::handle(runtime, "f").error().code == errc::stopped);
}

TEST_CASE("A store that fails ends invocations over CAF with outcome_unknown, not with silence",
          "[caf]") {
  /// Confirms the first two commits (created, provisioned) and no more.
  class failing_store final : public fsm::testing::forwarding_store {
  public:
    void commit(const fsm::commit_batch& batch, committed done) override {
      if (++commits_ <= 2) return inner().commit(batch, std::move(done));
      done(fsm::unexpected({errc::internal, "the disk is gone"}));
    }

  private:
    int commits_ = 0;
  };
  fsm::runtime runtime{{.store = std::make_shared<failing_store>()}};
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  const auto updated =
      ask<fsm::function_status>(self, fn, fsm::update_atom::value, std::string{"two"});
  REQUIRE(error_in(updated) != nullptr);
  CHECK(fsm::code_of(*error_in(updated)) == errc::outcome_unknown);
  const auto invoked = ask<fsm::admitted>(self, fn, fsm::invoke_atom::value);
  REQUIRE(error_in(invoked) != nullptr);
  CHECK(fsm::code_of(*error_in(invoked)) == errc::outcome_unknown);
}
