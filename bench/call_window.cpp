#include "call_window.hpp"

#include "interrupt.hpp"

#include <algorithm>
#include <thread>

namespace bench {

std::string to_text(const fsm::error& why) {
  return std::string{fsm::to_string(why.code)} + ": " + why.message;
}

void outstanding_call::finish(const fsm::error* why) {
  if (sampled_) finished_ = clock::now();
  if (why != nullptr) {
    failed_ = true;
    failure_ = to_text(*why);
  }
  auto& window = *window_;  // The next start may be at once.
  done_.store(true);
  window.wake();
}

call_window::call_window(std::size_t in_flight)
    : in_flight_{in_flight}, calls_{std::make_unique<outstanding_call[]>(in_flight)} {
  for (std::size_t i = 0; i < in_flight_; ++i) calls_[i].window_ = this;
}

call_window::~call_window() = default;

measurement call_window::run(windowed_work& work, const window_schedule& when) {
  constexpr std::uint64_t sample_interval = 64;
  measurement out;
  const bool open_loop = when.how.rate > 0;
  const auto end = later(when.begin, when.how.seconds);
  bool answering = true;
  bool schedule_kept = false;
  for (std::uint64_t turn = 0; answering && !interrupted(); ++turn) {
    outstanding_call& call = calls_[turn % in_flight_];
    const bool sampled = open_loop || turn % sample_interval == 0;
    auto intended = time_point{};
    if (open_loop) {
      intended = intended_start(when.begin, turn, when.index, when.threads, when.how.rate);
      schedule_kept = intended >= end;
      if (schedule_kept || clock::now() >= end) break;
      when.sleeps ? sleep_until(intended) : wait_until(intended);
    } else if (when.timed && sampled && clock::now() >= end) {
      break;
    }
    answering = collect(call, out);
    if (!answering) break;
    const auto item = work.next();
    if (!item) break;
    call.item_ = *item;
    call.used_ = true;
    call.failed_ = false;
    call.sampled_ = sampled;
    call.done_.store(false, std::memory_order_relaxed);
    if (sampled) call.started_ = open_loop ? intended : clock::now();
    work.start(call);
  }
  for (std::size_t i = 0; answering && i < in_flight_; ++i) answering = collect(calls_[i], out);
  out.seconds = seconds_between(when.begin, clock::now());
  // The schedule is part of the measurement: a rate that was kept shows as that rate.
  if (schedule_kept) out.seconds = std::max(out.seconds, when.how.seconds);
  return out;
}

/// Waits for the answer and counts it. False when none came: there is no point in going on.
bool call_window::collect(outstanding_call& which, measurement& out) {
  if (!which.used_) return true;
  if (!answered(which)) {
    out.fail("no answer within 30 s about function number " + std::to_string(which.item_));
    return false;
  }
  which.used_ = false;
  if (which.failed_) {
    out.fail(which.failure_);
    return true;
  }
  ++out.ops;
  if (which.sampled_) out.latency.add(which.finished_ - which.started_);
  return true;
}

bool call_window::answered(const outstanding_call& which) {
  constexpr int looks = 200;
  for (int i = 0; i < looks; ++i) {
    if (which.done_.load(std::memory_order_acquire)) return true;
    std::this_thread::yield();
  }
  std::unique_lock lock{mutex_};
  asleep_.store(true);
  const bool came = wake_.wait_for(lock, call_patience, [&] { return which.done_.load(); });
  asleep_.store(false);
  return came;
}

void call_window::wake() {
  // Either this sees that the driver sleeps, or the driver sees `done_` before it falls asleep.
  if (!asleep_.load()) return;
  const std::lock_guard lock{mutex_};
  wake_.notify_one();
}

}  // namespace bench
