#include "call_window.hpp"

#include "interrupt.hpp"

#include <chrono>
#include <thread>

namespace bench {

std::string to_text(const fsm::error& why) {
  return std::string{fsm::to_string(why.code)} + ": " + why.message;
}

call_window::call_window(std::size_t in_flight)
    : in_flight_{in_flight}, calls_{std::make_unique<call[]>(in_flight)} {
  for (std::size_t i = 0; i < in_flight_; ++i) calls_[i].window_ = this;
}

call_window::~call_window() = default;

measurement call_window::run(std::uint64_t first, std::uint64_t last, std::uint64_t count,
                             const start& begin_call, std::atomic<std::uint64_t>& progress) {
  constexpr std::uint64_t sample_interval = 64;
  measurement out;
  const auto begin = clock::now();
  std::uint64_t turn = 0;
  for (auto i = first; i != last && !interrupted(); ++i, ++turn) {
    call& next = calls_[turn % in_flight_];
    if (!collect(next, out)) return out;
    next.function_ = i;
    next.name_ = function_name{i, count};
    next.used_ = true;
    next.failed_ = false;
    next.sampled_ = turn % sample_interval == 0;
    if (next.sampled_) {
      next.started_ = clock::now();
      if (turn > 0) progress.fetch_add(sample_interval, std::memory_order_relaxed);
    }
    next.done_.store(false, std::memory_order_relaxed);
    begin_call(next);
  }
  for (std::size_t i = 0; i < in_flight_; ++i) {
    if (!collect(calls_[i], out)) return out;
  }
  out.seconds = seconds_between(begin, clock::now());
  return out;
}

/// Waits for the answer and counts it. False when none came: there is no point in going on.
bool call_window::collect(call& which, measurement& out) {
  constexpr int looks = 200;
  constexpr std::chrono::seconds patience{30};
  if (!which.used_) return true;
  for (int i = 0; i < looks && !which.done_.load(std::memory_order_acquire); ++i) {
    std::this_thread::yield();
  }
  if (!which.done_.load(std::memory_order_acquire)) {
    std::unique_lock lock{mutex_};
    asleep_.store(true);
    const bool answered = wake_.wait_for(lock, patience, [&] { return which.done_.load(); });
    asleep_.store(false);
    if (!answered) {
      out.fail("no answer within 30 s for " + std::string{which.name()});
      return false;
    }
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

void call_window::call::answered(const fsm::error* why) {
  call_window& window = *window_;
  if (sampled_) finished_ = clock::now();
  if (why != nullptr) {
    failed_ = true;
    failure_ = to_text(*why);
  }
  done_.store(true);
  // Either this sees that the driver sleeps, or the driver sees `done_` before it falls asleep.
  if (!window.asleep_.load()) return;
  const std::lock_guard lock{window.mutex_};
  window.wake_.notify_one();
}

}  // namespace bench
