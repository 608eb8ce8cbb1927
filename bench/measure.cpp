#include "measure.hpp"

#include "interrupt.hpp"

#include <algorithm>
#include <barrier>
#include <thread>

namespace bench {
namespace {

void closed_loop(operation& work, const pace& how, sampling samples, time_point begin,
                 measurement& out) {
  const auto end = later(begin, how.seconds);
  auto now = begin;
  while (now < end && !interrupted()) {
    if (!samples.mean) work.run(samples.interval - 1, out);
    const auto from = clock::now();
    work.run(samples.mean ? samples.interval : 1, out);
    now = clock::now();
    const auto divisor = samples.mean ? static_cast<double>(samples.interval) : 1.0;
    out.latency.add(nanoseconds{now - from} / divisor);
    out.ops += samples.interval;
  }
  out.ops -= out.failures;
  out.seconds = seconds_between(begin, now);
}

void open_loop(operation& work, const pace& how, time_point begin, std::size_t index,
               std::size_t threads, measurement& out) {
  const auto end = later(begin, how.seconds);
  auto now = begin;
  for (std::uint64_t turn = 0; now < end && !interrupted(); ++turn) {
    const auto start = intended_start(begin, turn, index, threads, how.rate);
    if (start >= end) break;
    wait_until(start);
    work.run(1, out);
    now = clock::now();
    out.latency.add(now - start);
    ++out.ops;
  }
  out.ops -= out.failures;
  // The schedule is part of the measurement: a rate that was kept shows as that rate.
  out.seconds = interrupted() ? seconds_between(begin, now)
                              : std::max(how.seconds, seconds_between(begin, now));
}

}  // namespace

void measurement::add_counts(const measurement& other) {
  if (failures == 0) first_failure = other.first_failure;
  ops += other.ops;
  failures += other.failures;
  latency.merge(other.latency);
}

void measurement::add_parallel(const measurement& other) {
  add_counts(other);
  seconds = std::max(seconds, other.seconds);
}

void measurement::add_later(const measurement& other) {
  add_counts(other);
  seconds += other.seconds;
}

measurement run_threads(const std::vector<std::unique_ptr<operation>>& work, const pace& how,
                        sampling samples) {
  time_point begin;
  std::barrier together{static_cast<std::ptrdiff_t>(work.size()),
                        [&begin]() noexcept { begin = clock::now(); }};
  std::vector<measurement> parts(work.size());
  {
    std::vector<std::jthread> threads;
    threads.reserve(work.size());
    for (std::size_t i = 0; i < work.size(); ++i) {
      threads.emplace_back([&, i] {
        measurement mine;  // On this thread's own memory, so that no two threads share a line.
        together.arrive_and_wait();
        if (how.rate > 0) {
          open_loop(*work[i], how, begin, i, work.size(), mine);
        } else {
          closed_loop(*work[i], how, samples, begin, mine);
        }
        parts[i] = std::move(mine);
      });
    }
  }
  measurement all;
  for (const auto& part : parts) all.add_parallel(part);
  return all;
}

time_point intended_start(time_point begin, std::uint64_t turn, std::size_t index,
                          std::size_t threads, double rate) {
  return later(begin, static_cast<double>(turn * threads + index) / rate);
}

void wait_until(time_point when) {
  constexpr std::chrono::microseconds wake_up_time{100};
  constexpr std::chrono::milliseconds slice{50};  // So that an interrupt is seen soon.
  for (auto left = when - clock::now(); left > 2 * wake_up_time; left = when - clock::now()) {
    if (interrupted()) return;
    std::this_thread::sleep_for(std::min<clock::duration>(left - wake_up_time, slice));
  }
  while (clock::now() < when) std::this_thread::yield();
}

}  // namespace bench
