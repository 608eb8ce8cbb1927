#include "actors/caf_support.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>

using namespace caf_support;

namespace {

/// The reason of the next down_msg, if one comes.
std::optional<caf::error> next_down(caf::scoped_actor& self,
                                    std::chrono::milliseconds within = 10'000ms) {
  std::optional<caf::error> reason;
  self->receive([&reason](caf::down_msg& down) { reason = std::move(down.reason); },
                caf::after(within) >> [] {});
  return reason;
}

const caf::error normal = caf::make_error(caf::exit_reason::normal);
const caf::error shutdown = caf::make_error(caf::exit_reason::user_shutdown);

/// An actor that lives until told otherwise, and tells how it ended.
caf::actor spawn_bystander(caf::actor_system& system,
                           std::shared_ptr<std::promise<caf::error>> ended) {
  return system.spawn([ended](caf::event_based_actor* self) -> caf::behavior {
    self->attach_functor([ended](const caf::error& why) { ended->set_value(why); });
    return {[self](caf::unlink_atom, const caf::actor& other) {
              self->unlink_from(other);
              return true;
            },
            [self](caf::link_atom, const caf::actor& other) {
              self->link_to(other);
              return true;
            }};
  });
}

}  // namespace

TEST_CASE("A monitor is told when its function is removed", "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  self->monitor(fn);
  REQUIRE(runtime.remove("f"));
  CHECK(next_down(self) == normal);
}

TEST_CASE("A monitor is told the reason of the exit message that ended its function",
          "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  self->monitor(fn);
  self->send_exit(fn, caf::exit_reason::kill);
  CHECK(next_down(self) == caf::make_error(caf::exit_reason::kill));
  CHECK(runtime.get("f").error().code == fsm::errc::not_found);
}

TEST_CASE("A monitor is told when the runtime stops", "[caf][monitor]") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  auto started = fsm::start({}, system);
  REQUIRE(started);
  const caf::actor fn = make_active(*started, "f");
  caf::scoped_actor self{system};
  self->monitor(fn);
  started->stop();
  CHECK(next_down(self) == shutdown);
}

TEST_CASE("Each monitor of a function is told once", "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor first{fsm::actor_system_of(runtime)};
  caf::scoped_actor second{fsm::actor_system_of(runtime)};
  first->monitor(fn);
  second->monitor(fn);
  REQUIRE(runtime.remove("f"));
  CHECK(next_down(first) == normal);
  CHECK(next_down(second) == normal);
  CHECK_FALSE(next_down(first, 20ms));
}

TEST_CASE("A monitor of a function that is gone already is told at once", "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  REQUIRE(runtime.remove("f"));
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  self->monitor(fn);
  CHECK(next_down(self) == normal);
}

TEST_CASE("A monitor of a function whose runtime has stopped is told at once", "[caf][monitor]") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::actor fn;
  {
    auto started = fsm::start({}, system);
    REQUIRE(started);
    fn = make_active(*started, "f");
  }
  caf::scoped_actor self{system};
  self->monitor(fn);
  CHECK(next_down(self).has_value());
}

TEST_CASE("A monitor that was taken back is not told", "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  self->monitor(fn);
  self->demonitor(fn);
  REQUIRE(runtime.remove("f"));
  CHECK_FALSE(next_down(self, 30ms));
}

TEST_CASE("An actor linked to a function ends when the function is ended by an exit message",
          "[caf][link]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto ended = std::make_shared<std::promise<caf::error>>();
  auto future = ended->get_future();
  const caf::actor other = spawn_bystander(fsm::actor_system_of(runtime), ended);
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  REQUIRE(std::holds_alternative<bool>(ask<bool>(self, other, caf::link_atom::value, fn)));
  self->send_exit(fn, caf::exit_reason::user_shutdown);
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  CHECK(future.get() == shutdown);
}

TEST_CASE("A function linked to an actor is removed when that ends for a reason", "[caf][link]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto ended = std::make_shared<std::promise<caf::error>>();
  const caf::actor other = spawn_bystander(fsm::actor_system_of(runtime), ended);
  SECTION("linked by the actor") {
    caf::scoped_actor self{fsm::actor_system_of(runtime)};
    REQUIRE(std::holds_alternative<bool>(ask<bool>(self, other, caf::link_atom::value, fn)));
  }
  SECTION("linked by the function's handle") {
    caf::actor_cast<caf::abstract_actor*>(fn)->add_link(
        caf::actor_cast<caf::abstract_actor*>(other));
  }
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
  CHECK(runtime.wait("f", fsm::gone, 20s));
}

TEST_CASE("A link that was taken back, from either side, does nothing any more", "[caf][link]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto ended = std::make_shared<std::promise<caf::error>>();
  auto future = ended->get_future();
  const caf::actor other = spawn_bystander(fsm::actor_system_of(runtime), ended);
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  auto* const of_function = caf::actor_cast<caf::abstract_actor*>(fn);
  auto* const of_other = caf::actor_cast<caf::abstract_actor*>(other);
  REQUIRE(std::holds_alternative<bool>(ask<bool>(self, other, caf::link_atom::value, fn)));
  SECTION("by the actor") {
    REQUIRE(std::holds_alternative<bool>(ask<bool>(self, other, caf::unlink_atom::value, fn)));
  }
  SECTION("by the function's handle") { of_function->remove_link(of_other); }
  SECTION("linked twice, taken back once") {
    of_function->add_link(of_other);
    of_other->remove_link(of_function);
  }
  SECTION("many times over") {
    for (int i = 0; i < 100; ++i) {
      of_function->add_link(of_other);
      of_function->remove_link(of_other);
      of_other->add_link(of_function);
      of_other->remove_link(of_function);
    }
  }
  SECTION("the function ends, the actor stays") {
    of_function->remove_link(of_other);
    self->send_exit(fn, caf::exit_reason::kill);
    REQUIRE(runtime.wait("f", fsm::gone, 20s));
    CHECK(future.wait_for(20ms) == std::future_status::timeout);
    caf::anon_send_exit(other, caf::exit_reason::kill);
    CHECK(future.wait_for(patience) == std::future_status::ready);
    return;
  }
  caf::anon_send_exit(other, caf::exit_reason::kill);
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  CHECK(ping(self, fn, 1) == 2);
}

TEST_CASE(
    "A function linked to an actor that is gone already is removed, or stays if that ended "
    "normally",
    "[caf][link]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto ended = std::make_shared<std::promise<caf::error>>();
  auto future = ended->get_future();
  const caf::actor other = spawn_bystander(fsm::actor_system_of(runtime), ended);
  caf::anon_send_exit(other, caf::exit_reason::kill);
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  caf::actor_cast<caf::abstract_actor*>(fn)->add_link(caf::actor_cast<caf::abstract_actor*>(other));
  CHECK(runtime.wait("f", fsm::gone, 20s));
}

TEST_CASE("An exit message with a reason removes the function, with the cause exit",
          "[caf][exit]") {
  fsm::runtime runtime;
  struct recorder final : fsm::observer {
    void on_transition(const fsm::transition& t) override {
      if (t.to == fsm::pairs::absent) cause.set_value(t.cause);
    }
    std::promise<fsm::cause> cause;
  };
  auto watching = std::make_shared<recorder>();
  const auto subscription = runtime.watch(watching);
  const caf::actor fn = make_active(runtime, "f");
  caf::anon_send_exit(fn, caf::exit_reason::user_shutdown);
  auto cause = watching->cause.get_future();
  REQUIRE(cause.wait_for(patience) == std::future_status::ready);
  CHECK(cause.get() == fsm::cause::exit);
  CHECK(runtime.get("f").error().code == fsm::errc::not_found);
}

TEST_CASE("An exit message that says all is well is ignored", "[caf][exit]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::anon_send_exit(fn, caf::exit_reason::normal);
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  CHECK(ping(self, fn, 1) == 2);
  CHECK(runtime.get("f"));
}

TEST_CASE("Waiting for a function ends when it is removed, and at once when it is gone",
          "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  std::thread remover{[&runtime] {
    std::this_thread::sleep_for(5ms);
    static_cast<void>(runtime.remove("f"));
  }};
  self->wait_for(fn);
  remover.join();
  CHECK(runtime.get("f").error().code == fsm::errc::not_found);
  self->wait_for(fn);
}

TEST_CASE("CAF's registry lets go of a function that is removed", "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  auto& registry = fsm::actor_system_of(runtime).registry();
  registry.put(fn.id(), fn);
  CHECK(registry.get(fn.id()) == fn);
  REQUIRE(runtime.remove("f"));
  CHECK(soon([&] { return registry.get(fn.id()) == nullptr; }));
  // Put there after the end: not kept either.
  registry.put(fn.id(), fn);
  CHECK(registry.get(fn.id()) == nullptr);
}

TEST_CASE("A functor that throws when a function ends harms nobody", "[caf][monitor]") {
  fsm::runtime runtime;
  const caf::actor fn = make_active(runtime, "f");
  fn->attach_functor([](const caf::error&) { throw std::runtime_error{"a mistake"}; });
  caf::scoped_actor self{fsm::actor_system_of(runtime)};
  self->monitor(fn);
  REQUIRE(runtime.remove("f"));
  CHECK(next_down(self) == normal);
}

TEST_CASE("Monitors that come and go while functions are removed are each told exactly once",
          "[caf][monitor][stress]") {
  fsm::runtime runtime;
  constexpr int rounds = 200;
  int told = 0;
  for (int i = 0; i < rounds; ++i) {
    const caf::actor fn = make_active(runtime, "f");
    std::thread remover{[&runtime] { static_cast<void>(runtime.remove("f")); }};
    {
      caf::scoped_actor other{fsm::actor_system_of(runtime)};
      other->monitor(fn);
      other->demonitor(fn);
    }
    caf::scoped_actor self{fsm::actor_system_of(runtime)};
    self->monitor(fn);
    told += next_down(self) ? 1 : 0;
    remover.join();
  }
  CHECK(told == rounds);
}
