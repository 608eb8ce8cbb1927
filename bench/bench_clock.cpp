#include "bench_clock.hpp"

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

using std::chrono::steady_clock;

constexpr fsm::timestamp start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

// As the machine's clock does it.
constexpr std::chrono::milliseconds tick{4};
constexpr std::chrono::milliseconds ticking_for{100};
constexpr std::int64_t not_ticking = -1;

}  // namespace

double bench_clock::course::passed_ms(real_time when) const noexcept {
  const std::chrono::duration<double, std::milli> passed = when - begin;
  return fraction_ms + passed.count() * factor;
}

fsm::timestamp bench_clock::course::at(real_time when) const noexcept {
  return fsm::timestamp{
      fsm::duration{whole_ms + static_cast<std::int64_t>(std::floor(passed_ms(when)))}};
}

double bench_clock::course::fraction_at(real_time when) const noexcept {
  const double passed = passed_ms(when);
  return passed - std::floor(passed);
}

bench_clock::bench_clock(double factor)
    : courses_{{steady_clock::now(), start.time_since_epoch().count(), 0, factor}},
      course_{&courses_.front()},
      coarse_ms_{not_ticking},
      speed_{factor},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {}

bench_clock::~bench_clock() = default;

fsm::timestamp bench_clock::now() const noexcept {
  // The course first: with the time of a moment after it began.
  const course* const current = course_.load(std::memory_order_acquire);
  return current->at(steady_clock::now());
}

fsm::timestamp bench_clock::coarse_now() const noexcept {
  if (!coarse_used_.load(std::memory_order_relaxed))
    coarse_used_.store(true, std::memory_order_relaxed);
  const std::int64_t written = coarse_ms_.load(std::memory_order_relaxed);
  return written != not_ticking ? fsm::timestamp{fsm::duration{written}} : start_ticking();
}

fsm::timestamp bench_clock::start_ticking() const noexcept {
  const std::lock_guard lock{mutex_};
  const auto moment = steady_clock::now();
  const auto current_time = current().at(moment);
  if (coarse_ms_.load(std::memory_order_relaxed) == not_ticking) {
    asked_at_ = moment;
    next_tick_ = moment + tick;
    coarse_ms_.store(current_time.time_since_epoch().count(), std::memory_order_relaxed);
    has_changed_ = true;
    changed_.notify_one();
  }
  return current_time;
}

/// Writes the time down if somebody asks for it.
void bench_clock::tick_on(real_time moment) noexcept {
  if (coarse_used_.exchange(false, std::memory_order_relaxed)) asked_at_ = moment;
  next_tick_ = moment + tick;
  coarse_ms_.store(moment - asked_at_ < ticking_for
                       ? current().at(moment).time_since_epoch().count()
                       : not_ticking,
                   std::memory_order_relaxed);
}

fsm::clock::task_id bench_clock::call_at(fsm::timestamp when, task what) {
  const std::lock_guard lock{mutex_};
  const bool is_first = tasks_.empty() || when < tasks_.begin()->first.first;
  const task_id id = ++last_;
  tasks_.emplace(std::pair{when, id}, std::move(what));
  if (is_first) {
    has_changed_ = true;
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

const bench_clock::course& bench_clock::current() const noexcept {
  return *course_.load(std::memory_order_relaxed);
}

void bench_clock::change(const course& next) {
  courses_.push_back(next);
  course_.store(&courses_.back(), std::memory_order_release);
  // Who has seen the change must not read an earlier time afterwards.
  if (coarse_ms_.load(std::memory_order_relaxed) != not_ticking)
    coarse_ms_.store(next.whole_ms, std::memory_order_relaxed);
  has_changed_ = true;
  changed_.notify_one();
}

void bench_clock::jump(fsm::duration span) {
  const std::lock_guard lock{mutex_};
  const auto moment = steady_clock::now();
  const auto& old = current();
  const auto landing = old.at(moment) + std::max(span, fsm::duration{0});
  change({moment, landing.time_since_epoch().count(), old.fraction_at(moment), old.factor});
}

void bench_clock::speed_up(double factor) {
  const std::lock_guard lock{mutex_};
  speed_ = std::max(factor, speed_);
  const auto& old = current();
  if (old.factor == 0) return;
  const auto moment = steady_clock::now();
  change({moment, old.at(moment).time_since_epoch().count(), old.fraction_at(moment), speed_});
}

void bench_clock::stop() {
  const std::lock_guard lock{mutex_};
  const auto moment = steady_clock::now();
  change({moment, current().at(moment).time_since_epoch().count(), 0, 0});
}

steady_clock::time_point bench_clock::go() {
  const std::lock_guard lock{mutex_};
  const auto moment = steady_clock::now();
  if (const auto& old = current(); old.factor == 0) change({moment, old.whole_ms, 0, speed_});
  return moment;
}

void bench_clock::run_first(std::unique_lock<std::mutex>& lock) {
  const task what = std::move(tasks_.begin()->second);
  tasks_.erase(tasks_.begin());
  lock.unlock();
  what();
  lock.lock();
}

/// When there is something to do unless something changes; `max` = never.
bench_clock::real_time bench_clock::next_wake_up(real_time moment) const noexcept {
  const bool ticks = coarse_ms_.load(std::memory_order_relaxed) != not_ticking;
  const auto next = ticks ? next_tick_ : real_time::max();
  const auto& course = current();
  if (tasks_.empty() || course.factor == 0) return next;
  // In steps: a time of the far future cannot be told in nanoseconds.
  constexpr double longest_ms = 3'600'000;
  const auto left = tasks_.begin()->first.first - course.at(moment);
  const double real_ms =
      (static_cast<double>(left.count()) - course.fraction_at(moment)) / course.factor;
  const std::chrono::duration<double, std::milli> pause{std::min(real_ms, longest_ms)};
  // A little more, so that rounding does not wake it for nothing.
  constexpr std::chrono::microseconds margin{1};
  return std::min(next, moment + std::chrono::ceil<steady_clock::duration>(pause) + margin);
}

void bench_clock::run(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  const auto has_changed = [this] { return has_changed_; };
  while (!stop.stop_requested()) {
    has_changed_ = false;
    const auto moment = steady_clock::now();
    const bool ticks = coarse_ms_.load(std::memory_order_relaxed) != not_ticking;
    if (ticks && next_tick_ <= moment) tick_on(moment);
    if (!tasks_.empty() && tasks_.begin()->first.first <= current().at(moment)) {
      run_first(lock);
    } else if (const auto next = next_wake_up(moment); next == real_time::max()) {
      changed_.wait(lock, stop, has_changed);
    } else {
      changed_.wait_until(lock, stop, next, has_changed);
    }
  }
}

}  // namespace bench
