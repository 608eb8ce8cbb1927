#include "bench_clock.hpp"

#include <algorithm>
#include <chrono>

namespace bench {
namespace {

constexpr fsm::timestamp start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

}  // namespace

fsm::timestamp bench_clock::course::at(std::int64_t real) const noexcept {
  // The coarse clock may still be before the moment at which this course began.
  const double passed_ms = static_cast<double>(std::max<std::int64_t>(real - real_ns, 0)) / 1e6;
  return fsm::timestamp{
      fsm::duration{static_cast<std::int64_t>(simulated_ms + passed_ms * factor)}};
}

std::int64_t bench_clock::real(clockid_t which) noexcept {
  timespec t{};
  ::clock_gettime(which, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

bench_clock::bench_clock(double factor)
    : courses_{{real(CLOCK_MONOTONIC), static_cast<double>(start.time_since_epoch().count()),
                factor}},
      course_{&courses_.front()},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {}

bench_clock::~bench_clock() = default;

fsm::timestamp bench_clock::now() const noexcept {
  // The course first: with the time of a moment after it began.
  const course* const current = course_.load(std::memory_order_acquire);
  return current->at(real(CLOCK_MONOTONIC));
}

fsm::timestamp bench_clock::coarse_now() const noexcept {
  const course* const current = course_.load(std::memory_order_acquire);
  return current->at(real(CLOCK_MONOTONIC_COARSE));
}

fsm::clock::task_id bench_clock::call_at(fsm::timestamp when, task what) {
  const std::lock_guard lock{mutex_};
  const bool is_first = tasks_.empty() || when < tasks_.begin()->first.first;
  const task_id id = ++last_;
  tasks_.emplace(std::pair{when, id}, std::move(what));
  if (is_first) {
    moved_ = true;
    changed_.notify_one();
  }
  return id;
}

bool bench_clock::cancel(task_id which) {
  const std::lock_guard lock{mutex_};
  // Each part of a runtime has one task at most: looking through them is the cheapest way.
  const auto found = std::find_if(tasks_.begin(), tasks_.end(),
                                  [which](const auto& each) { return each.first.second == which; });
  if (found == tasks_.end()) return false;
  tasks_.erase(found);
  return true;
}

void bench_clock::jump(fsm::duration span) {
  change(static_cast<double>(std::max(span, fsm::duration{0}).count()), 0);
}

void bench_clock::speed_up(double factor) { change(0, factor); }

void bench_clock::change(double jump_ms, double factor) {
  const std::lock_guard lock{mutex_};
  const course& old = *course_.load(std::memory_order_relaxed);
  const std::int64_t moment = real(CLOCK_MONOTONIC);
  const double passed_ms = static_cast<double>(moment - old.real_ns) / 1e6;
  courses_.push_back(
      {moment, old.simulated_ms + passed_ms * old.factor + jump_ms, std::max(factor, old.factor)});
  course_.store(&courses_.back(), std::memory_order_release);
  moved_ = true;
  changed_.notify_one();
}

void bench_clock::run(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    moved_ = false;
    if (tasks_.empty()) {
      changed_.wait(lock, stop, [this] { return moved_; });
      continue;
    }
    const auto left = tasks_.begin()->first.first - now();
    if (left.count() > 0) {
      const double factor = course_.load(std::memory_order_relaxed)->factor;
      // A little more, as `now` rounds down; and not for ever, so that no sum overflows.
      const std::chrono::duration<double, std::milli> real_left{
          static_cast<double>(left.count()) / factor + 0.05};
      const auto pause = std::min<std::chrono::nanoseconds>(
          std::chrono::ceil<std::chrono::nanoseconds>(
              std::min(real_left, std::chrono::duration<double, std::milli>{3.6e6})),
          std::chrono::hours{1});
      changed_.wait_for(lock, stop, pause, [this] { return moved_; });
      continue;
    }
    const task what = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    lock.unlock();
    what();
    lock.lock();
  }
}

}  // namespace bench
