#include "measure.hpp"

#include "interrupt.hpp"

#include <algorithm>
#include <barrier>
#include <limits>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

void closed_loop(operation& work, const pace& how, sampling samples, time_point begin,
                 measurement& out) {
  const auto end = later(begin, how.seconds);
  auto now = begin;
  while (now < end && !interrupted()) {
    if (!samples.mean) work.run((samples.interval - 1) * samples.per_call, out);
    const auto from = clock::now();
    work.run(samples.mean ? samples.interval : samples.per_call, out);
    now = clock::now();
    const auto divisor = samples.mean ? static_cast<double>(samples.interval) : 1.0;
    out.latency.add(nanoseconds{now - from} / divisor);
    out.ops += samples.interval * samples.per_call;
  }
  out.ops -= out.failures;
  out.seconds = seconds_between(begin, now);
}

void open_loop(operation& work, const pace& how, std::uint64_t per_call, time_point begin,
               std::size_t index, std::size_t threads, measurement& out) {
  const auto end = later(begin, how.seconds);
  const auto calls_per_second = how.rate / static_cast<double>(per_call);
  auto now = begin;
  for (std::uint64_t turn = 0; now < end && !interrupted(); ++turn) {
    const auto start = intended_start(begin, turn, index, threads, calls_per_second);
    if (start >= end) break;
    wait_until(start);
    work.run(per_call, out);
    now = clock::now();
    out.latency.add(now - start);
    out.ops += per_call;
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
  if (other.slowest_thread_share) {
    slowest_thread_share = std::min(slowest_thread_share.value_or(1), *other.slowest_thread_share);
  }
}

void measurement::add_parallel(const measurement& other) {
  add_counts(other);
  seconds = std::max(seconds, other.seconds);
}

void measurement::add_later(const measurement& other) {
  add_counts(other);
  if (!other.more.empty()) more = other.more;
  seconds += other.seconds;
}

void require_success(const measurement& preparation) {
  if (preparation.failures > 0) throw std::runtime_error{preparation.first_failure};
}

std::vector<measurement> in_parallel(
    std::size_t threads, const std::function<measurement(std::size_t, time_point)>& work) {
  time_point begin;
  std::barrier together{static_cast<std::ptrdiff_t>(threads),
                        [&begin]() noexcept { begin = clock::now(); }};
  std::vector<measurement> parts(threads);
  std::vector<std::jthread> running;
  running.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      together.arrive_and_wait();
      parts[i] = work(i, begin);
    });
  }
  running.clear();  // Joins them.
  return parts;
}

measurement together(const std::vector<measurement>& parts, const pace& how) {
  measurement all;
  double slowest = std::numeric_limits<double>::max();
  double sum = 0;
  for (const auto& part : parts) {
    all.add_parallel(part);
    slowest = std::min(slowest, part.ops_per_second());
    sum += part.ops_per_second();
  }
  if (how.rate == 0 && parts.size() > 1 && sum > 0) {
    all.slowest_thread_share = slowest * static_cast<double>(parts.size()) / sum;
  }
  return all;
}

measurement run_threads(const std::vector<std::unique_ptr<operation>>& work, const pace& how,
                        sampling samples) {
  const auto parts = in_parallel(work.size(), [&](std::size_t i, time_point begin) {
    measurement mine;  // On this thread's own memory, so that no two threads share a line.
    if (how.rate > 0) {
      open_loop(*work[i], how, samples.per_call, begin, i, work.size(), mine);
    } else {
      closed_loop(*work[i], how, samples, begin, mine);
    }
    return mine;
  });
  return together(parts, how);
}

time_point intended_start(time_point begin, std::uint64_t turn, std::size_t index,
                          std::size_t threads, double rate) {
  return later(begin, static_cast<double>(turn * threads + index) / rate);
}

void sleep_until(time_point when) {
  constexpr std::chrono::milliseconds slice{50};  // So that an interrupt is seen soon.
  for (auto left = when - clock::now(); left > clock::duration{0}; left = when - clock::now()) {
    if (interrupted()) return;
    std::this_thread::sleep_for(std::min<clock::duration>(left, slice));
  }
}

void wait_until(time_point when) {
  constexpr std::chrono::microseconds wake_up_time{100};
  if (when - clock::now() > 2 * wake_up_time) sleep_until(when - wake_up_time);
  while (clock::now() < when) std::this_thread::yield();
}

}  // namespace bench
