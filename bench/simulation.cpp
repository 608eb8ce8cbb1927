#include "simulation.hpp"

#include "interrupt.hpp"
#include "machine.hpp"
#include "population.hpp"
#include "progress.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

constexpr std::chrono::seconds patience{30};

/// One thread's share of calls: one for each function.
class share_of_calls final : public windowed_work {
public:
  share_of_calls(const share_of_functions& mine,
                 const std::function<void(outstanding_call&)>& begin,
                 std::atomic<std::uint64_t>& progress)
      : begin_{begin}, progress_{progress}, next_{mine.first}, last_{mine.last} {}

  std::optional<std::uint64_t> next() override {
    constexpr std::uint64_t progress_interval = 1024;
    if (next_ == last_) return std::nullopt;
    if (next_ % progress_interval == 0) progress_.fetch_add(progress_interval);
    return next_++;
  }
  void start(outstanding_call& which) override { begin_(which); }

private:
  const std::function<void(outstanding_call&)>& begin_;
  std::atomic<std::uint64_t>& progress_;
  std::uint64_t next_;
  std::uint64_t last_;
};

fsm::runtime start(const settings& how, std::size_t in_flight, std::shared_ptr<bench_clock> clock,
                   fsm::duration idle_after) {
  fsm::options options;
  options.store = fsm::make_null_store();
  options.provider = fsm::make_instant_provider();
  options.clock = std::move(clock);
  options.idle_after = idle_after;
  options.functions_max = std::max<std::size_t>(options.functions_max, how.functions);
  options.threads = how.threads;
  options.seed = how.seed;
  options.journal_max = std::max(options.journal_max, 4 * how.threads * in_flight);
  auto& provisioner = options.provisioner;
  provisioner.queued_max = std::max<std::size_t>(provisioner.queued_max, how.functions);
  // Simulated time must not give up on attempts that wait for the processor in real time.
  provisioner.provision_deadline = fsm::stuck_after - std::chrono::seconds{1};
  provisioner.attempt_timeout = provisioner.provision_deadline;
  auto started = fsm::runtime::start(std::move(options));
  if (!started) throw std::runtime_error{"the runtime does not start: " + started.error().message};
  return std::move(*started);
}

}  // namespace

simulation::simulation(const settings& how, fsm::duration idle_after)
    : settings_{how},
      in_flight_{how.in_flight.value_or(fill_in_flight)},
      clock_{std::make_shared<bench_clock>()} {
  for (std::size_t i = 0; i < how.threads; ++i) windows_.emplace_back(in_flight_);
  runtime_.emplace(start(how, in_flight_, clock_, idle_after));
}

measurement simulation::create_all(const describe& what) {
  const auto before = resident_bytes_trimmed();
  auto made = call_each("creating functions", [&](outstanding_call& next) {
    auto request = what(next.item());
    request.name = name_of(next);
    // Two pointers, so that the function object needs no memory of its own.
    runtime_->create(std::move(request), [at = &next, this](auto got) {
      if (!got || got->state == fsm::state::active) {
        return at->finish(got ? nullptr : &got.error());
      }
      runtime_
          ->wait(name_of(*at), fsm::active, patience,
                 [at](auto settled) { at->finish(settled ? nullptr : &settled.error()); })
          .detach();
    });
  });
  const auto after = resident_bytes();
  if (made.ops > 0 && after > before) {
    bytes_per_function_ = static_cast<double>(after - before) / static_cast<double>(made.ops);
  }
  return made;
}

measurement simulation::remove_all() {
  return call_each("removing functions", [this](outstanding_call& next) {
    runtime_->remove(name_of(next), 0,
                     [at = &next](auto got) { at->finish(got ? nullptr : &got.error()); });
  });
}

measurement simulation::call_each(const std::string& label, const start_call& begin) {
  return in_parts(label, [&](const share_of_functions& mine) {
    share_of_calls calls{mine, begin, progress_};
    return windows_[mine.thread].run(
        calls, {.how = {}, .begin = bench::clock::now(), .index = mine.thread, .timed = false});
  });
}

measurement simulation::in_parts(
    const std::string& label, const std::function<measurement(const share_of_functions&)>& work) {
  const auto threads = settings_.threads;
  const auto total = settings_.functions;
  std::vector<measurement> parts(threads);
  progress_.store(0);
  const progress_line line{
      label, [&] { return static_cast<double>(progress_.load()) / static_cast<double>(total); }};
  const auto begin = bench::clock::now();
  {
    std::vector<std::jthread> workers;
    workers.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        parts[i] = work({i, total * i / threads, total * (i + 1) / threads});
      });
    }
  }
  measurement all;
  for (const auto& part : parts) all.add_parallel(part);
  all.seconds = seconds_between(begin, bench::clock::now());
  return all;
}

std::uint64_t simulation::count(fsm::pair_set situations) const {
  const auto counts = runtime_->count();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if ((situations.bits >> i & 1U) != 0) sum += counts[i];
  }
  return sum;
}

bool simulation::await_count(const std::string& label, fsm::pair_set situations,
                             std::uint64_t functions) {
  constexpr std::chrono::microseconds pause{200};
  const progress_line line{label, [&] {
                             return static_cast<double>(count(situations)) /
                                    static_cast<double>(std::max<std::uint64_t>(functions, 1));
                           }};
  auto seen = count(situations);
  auto moved = bench::clock::now();
  while (seen < functions) {
    if (interrupted()) return false;
    std::this_thread::sleep_for(pause);
    const auto counted = count(situations);
    if (counted != seen) moved = bench::clock::now();
    if (bench::clock::now() - moved > patience) return false;
    seen = counted;
  }
  return true;
}

}  // namespace bench
