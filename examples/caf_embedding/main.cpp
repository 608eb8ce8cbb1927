// A program that is a CAF actor system already. Its own actor talks to a function as to any other
// actor: it monitors it, asks it things, invokes it and removes it.
#include <fsm/actors.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <iostream>

namespace {

using namespace std::chrono_literals;
using work_atom = caf::atom_constant<caf::atom("work")>;

/// Goes through a function's messages, one question after the other. Ends when the function has
/// gone.
class client final : public caf::event_based_actor {
public:
  client(caf::actor_config& how, caf::actor function)
      : caf::event_based_actor{how}, function_{std::move(function)} {}

private:
  caf::behavior make_behavior() override {
    set_down_handler([this](const caf::down_msg& down) {
      std::cout << "down: "
                << (down.source == function_ ? "the function has gone\n" : "somebody else\n");
      quit();
    });
    return {[this](work_atom) {
      monitor(function_);
      ping();
    }};
  }

  void ping() {
    const auto answered = [this](fsm::ping_atom, std::uint64_t n) {
      std::cout << "ping: 41 came back as " << n << '\n';
      ask_status();
    };
    ask(answered, fsm::ping_atom::value, std::uint64_t{41});
  }

  void ask_status() {
    const auto answered = [this](const fsm::function_status& status) {
      std::cout << "status: " << status.name << " is " << wire_name(status.pair().state) << '\n';
      invoke();
    };
    ask(answered, fsm::status_atom::value);
  }

  void invoke() {
    const auto answered = [this](const fsm::admitted& admission) {
      std::cout << "invoke: version " << admission.version << " runs\n";
      send(function_, fsm::done_atom::value,
           admission);  // No answer: it only gives the admission back.
      remove();
    };
    ask(answered, fsm::invoke_atom::value);
  }

  void remove() {
    const auto answered = [](const fsm::function_status& last) {
      std::cout << "remove: it was " << wire_name(last.pair().state) << '\n';
    };
    ask(answered, fsm::remove_atom::value);  // What follows is the down message.
  }

  template <class Then, class... Args>
  void ask(Then then, Args... message) {
    request(function_, 10s, std::move(message)...).then(then, [this](const caf::error& why) {
      std::cout << "refused: " << to_string(fsm::code_of(why)) << '\n';
      quit(why);
    });
  }

  caf::actor function_;
};

void run(caf::actor_system& system) {
  auto runtime = fsm::start({}, system);
  if (!runtime) return void(std::cout << runtime.error().message << '\n');
  static_cast<void>(runtime->create({.name = "resize"}));
  static_cast<void>(runtime->wait("resize", fsm::active, 10s));

  // The functions' actors live in this system; a handle is an ordinary caf::actor.
  const caf::actor function = fsm::handle(*runtime, "resize").value();
  caf::anon_send(system.spawn<client>(function), work_atom::value);
  system.await_all_actors_done();

  // A handle may be kept beyond the runtime: requests are told that nobody is there.
  runtime->stop();
  caf::scoped_actor self{system};
  self->request(function, 10s, fsm::status_atom::value)
      .receive([](const fsm::function_status&) { std::cout << "after stop(): still there?\n"; },
               [](const caf::error& why) {
                 const bool down = why == caf::sec::request_receiver_down;
                 std::cout << "after stop(): "
                           << (down ? "request_receiver_down\n" : "another error\n");
               });
}

}  // namespace

int main() {
  caf::actor_system_config config;
  caf::actor_system system{config};
  run(system);
}
