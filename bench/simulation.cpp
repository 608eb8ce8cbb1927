#include "simulation.hpp"

#include "function_name.hpp"
#include "function_range.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

#include <algorithm>
#include <thread>

namespace bench {
namespace {

/// One thread's share of removing all functions.
class remove_work final : public function_range {
public:
  remove_work(fsm::runtime& from, std::uint64_t count, const share_of_functions& mine,
              std::atomic<std::uint64_t>& progress)
      : function_range{mine.first, mine.last, progress}, runtime_{from}, count_{count} {}

  void start(outstanding_call& which) override {
    runtime_.remove(function_name{which.item(), count_}, 0,
                    [at = &which](const auto& got) { at->finish(got ? nullptr : &got.error()); });
  }

private:
  fsm::runtime& runtime_;
  std::uint64_t count_;
};

fsm::options options_of(const settings& how, fsm::duration idle_after,
                        std::shared_ptr<fsm::clock> clock) {
  auto made = options_for(how);
  made.clock = std::move(clock);
  made.idle_after = idle_after;
  auto& provisioner = made.provisioner;
  provisioner.queued_max = std::max<std::size_t>(provisioner.queued_max, how.functions);
  // Simulated time must not give up on attempts that wait for the processor in real time.
  provisioner.provision_deadline = fsm::stuck_after - std::chrono::seconds{1};
  provisioner.attempt_timeout = provisioner.provision_deadline;
  return made;
}

describe_function with_names(std::uint64_t count, const describe_function& what) {
  return [count, what](std::uint64_t which) {
    auto made = what ? what(which) : fsm::create_request{};
    made.name = function_name{which, count};
    return made;
  };
}

}  // namespace

simulation::simulation(const settings& how, fsm::duration idle_after, const describe_function& what)
    : settings_{how},
      in_flight_{how.in_flight.value_or(fill_in_flight)},
      population_{options_of(how, idle_after, clock_), how.functions,
                  with_names(how.functions, what)} {
  for (std::size_t i = 0; i < how.threads; ++i) windows_.emplace_back(in_flight_);
}

measurement simulation::create_all() {
  return population_.create_all(settings_.threads, in_flight_, {});
}

measurement simulation::remove_all() {
  return in_parts("removing functions", [&](const share_of_functions& mine) {
    remove_work work{runtime(), functions(), mine, progress_};
    return windows_[mine.thread].run(
        work, {.how = {}, .begin = bench::clock::now(), .index = mine.thread, .timed = false});
  });
}

measurement simulation::in_parts(
    const std::string& label, const std::function<measurement(const share_of_functions&)>& work) {
  const auto threads = settings_.threads;
  const auto total = settings_.functions;
  progress_.store(0);
  const progress_line line{
      label, [&] { return static_cast<double>(progress_.load()) / static_cast<double>(total); }};
  const auto parts = in_parallel(threads, [&](std::size_t i, time_point begin) {
    auto mine = work({i, total * i / threads, total * (i + 1) / threads});
    mine.seconds = seconds_between(begin, bench::clock::now());
    return mine;
  });
  measurement all;
  for (const auto& part : parts) all.add_parallel(part);
  return all;
}

std::uint64_t simulation::count(fsm::pair_set situations) {
  const auto counts = population_.runtime().count();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if ((situations.bits >> i & 1U) != 0) sum += counts[i];
  }
  return sum;
}

}  // namespace bench
