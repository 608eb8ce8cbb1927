#include "message_driver.hpp"

#include "interrupt.hpp"
#include "random.hpp"
#include <fsm/actors.hpp>

#include <caf/event_based_actor.hpp>

#include <latch>

namespace bench {
namespace {

/// INTERNAL to a driver in an open loop: look whether the next request is due.
using look_atom = caf::atom_constant<caf::atom("look")>;

/// What all drivers of a measurement share.
struct plan {
  const std::vector<caf::actor>& targets;
  std::size_t in_flight;
  std::size_t threads;
  std::uint64_t seed;
  pace speed;
  time_point begin;
  std::latch& running;
};

class driver final : public caf::event_based_actor {
public:
  driver(caf::actor_config& config, const plan& what, std::size_t index, measurement& out)
      : caf::event_based_actor{config},
        plan_{what},
        index_{index},
        end_{later(what.begin, what.speed.seconds)},
        random_{what.seed, index},
        out_{out} {}

  caf::behavior make_behavior() override {
    if (plan_.speed.rate > 0) {
      send(this, look_atom::value);
    } else {
      for (std::size_t i = 0; i < plan_.in_flight; ++i) ask_sampled();
    }
    return {[this](look_atom) { look(); }};
  }

private:
  /// Closed loop: every 64th request is a sample, and the moment to look at the time.
  void ask_sampled() {
    constexpr std::uint64_t interval = 64;
    ask(asked_ % interval == 0 ? clock::now() : time_point{});
  }

  /// Open loop: sends what is due, and comes back.
  void look() {
    auto now = clock::now();
    while (!ending_ && outstanding_ < plan_.in_flight) {
      const auto start =
          intended_start(plan_.begin, asked_, index_, plan_.threads, plan_.speed.rate);
      if (start > now) break;
      if (start >= end_)
        ending_ = true;
      else
        ask(start);
    }
    ending_ = ending_ || now >= end_ || interrupted();
    if (!ending_) return send(this, look_atom::value);
    if (outstanding_ == 0) finish();
  }

  /// `started` is time_point{} when nobody wants to know how long it takes.
  void ask(time_point started) {
    ++outstanding_;
    const std::uint64_t number = ++asked_;
    const auto& target = plan_.targets[random_.below(plan_.targets.size())];
    request(target, caf::infinite, fsm::ping_atom::value, number)
        .then(
            [this, number, started](fsm::ping_atom, std::uint64_t answer) {
              if (answer != number + 1) out_.fail("a wrong answer");
              answered(started);
            },
            [this, started](const caf::error& why) {
              out_.fail(system().render(why));
              answered(started);
            });
  }

  void answered(time_point started) {
    --outstanding_;
    ++ops_;
    if (started != time_point{}) {
      const auto now = clock::now();
      out_.latency.add(now - started);
      ending_ = ending_ || now >= end_ || interrupted();
    }
    if (plan_.speed.rate == 0 && !ending_) return ask_sampled();
    if (ending_ && outstanding_ == 0) finish();
  }

  void finish() {
    if (finished_) return;
    finished_ = true;
    out_.ops = ops_ - out_.failures;
    out_.seconds = seconds_between(plan_.begin, clock::now());
    quit();
    plan_.running.count_down();
  }

  const plan& plan_;
  std::size_t index_;
  time_point end_;
  random_numbers random_;
  measurement& out_;
  std::uint64_t asked_ = 0;
  std::uint64_t ops_ = 0;
  std::size_t outstanding_ = 0;
  bool ending_ = false;
  bool finished_ = false;
};

}  // namespace

driven_system::driven_system(const settings& how)
    : system_{[&]() -> caf::actor_system_config& {
        config_.set("scheduler.max-threads", how.threads);
        // A driver in an open loop always has a message to itself: let others have their turn.
        if (how.rate > 0) config_.set("scheduler.max-throughput", std::size_t{100});
        return config_;
      }()} {}

measurement drive_messages(caf::actor_system& system, const std::vector<caf::actor>& targets,
                           const settings& how, const pace& speed) {
  std::latch running{static_cast<std::ptrdiff_t>(how.threads)};
  const plan what{targets,     how.in_flight.value_or(message_in_flight),
                  how.threads, how.seed,
                  speed,       clock::now(),
                  running};
  std::vector<measurement> parts(how.threads);
  for (std::size_t i = 0; i < how.threads; ++i)
    system.spawn<driver>(std::cref(what), i, std::ref(parts[i]));
  running.wait();
  return together(parts, speed);
}

}  // namespace bench
