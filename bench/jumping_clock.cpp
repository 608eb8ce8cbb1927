#include "jumping_clock.hpp"

#include <algorithm>
#include <ctime>

namespace bench {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr fsm::timestamp start{
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::January / 1}};
constexpr std::int64_t runs = -1;  // In `stands_at_`.

nanoseconds coarse_steady() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return std::chrono::seconds{t.tv_sec} + nanoseconds{t.tv_nsec};
}

fsm::timestamp after_start(nanoseconds span) noexcept {
  return start + std::chrono::floor<fsm::duration>(span);
}

}  // namespace

jumping_clock::jumping_clock()
    : steady_start_{steady_clock::now()},
      coarse_start_{coarse_steady()},
      stands_at_{runs},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {}

jumping_clock::~jumping_clock() = default;

bool jumping_clock::is_running() const noexcept {
  return stands_at_.load(std::memory_order_acquire) == runs;
}

fsm::timestamp jumping_clock::now() const noexcept {
  const auto stands_at = stands_at_.load(std::memory_order_acquire);
  if (stands_at != runs) return after_start(nanoseconds{stands_at});
  return after_start(steady_clock::now() - steady_start_ + nanoseconds{ahead_.load()});
}

fsm::timestamp jumping_clock::coarse_now() const noexcept {
  const auto stands_at = stands_at_.load(std::memory_order_acquire);
  if (stands_at != runs) return after_start(nanoseconds{stands_at});
  return after_start(coarse_steady() - coarse_start_ + nanoseconds{ahead_.load()});
}

fsm::clock::task_id jumping_clock::call_at(fsm::timestamp when, task what) {
  const std::lock_guard lock{mutex_};
  const auto id = ++last_;
  const bool is_first = tasks_.empty() || when < tasks_.begin()->first.first;
  tasks_.emplace(key{when, id}, std::move(what));
  times_.emplace(id, when);
  if (is_first) {
    moved_ = true;
    changed_.notify_one();
  }
  return id;
}

bool jumping_clock::cancel(task_id which) {
  const std::lock_guard lock{mutex_};
  const auto found = times_.find(which);
  if (found == times_.end()) return false;
  tasks_.erase({found->second, which});
  times_.erase(found);
  return true;
}

void jumping_clock::jump(fsm::duration span) {
  const auto further = nanoseconds{std::max(span, fsm::duration{0})}.count();
  (is_running() ? ahead_ : stands_at_).fetch_add(further, std::memory_order_acq_rel);
  wake();
}

void jumping_clock::stop() {
  if (!is_running()) return;
  // At a full millisecond, as `now` tells them: so those after `go` are counted from that moment
  // on.
  const auto at = steady_clock::now() - steady_start_ + nanoseconds{ahead_.load()};
  stands_at_.store(nanoseconds{std::chrono::floor<fsm::duration>(at)}.count(),
                   std::memory_order_release);
  wake();
}

steady_clock::time_point jumping_clock::go() {
  const auto moment = steady_clock::now();
  if (is_running()) return moment;
  ahead_.store(stands_at_.load() - (moment - steady_start_).count());
  stands_at_.store(runs, std::memory_order_release);
  wake();
  return moment;
}

void jumping_clock::wake() {
  const std::lock_guard lock{mutex_};
  moved_ = true;
  changed_.notify_one();
}

void jumping_clock::run(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  const auto has_moved = [this] { return moved_; };
  while (!stop.stop_requested()) {
    moved_ = false;
    if (!tasks_.empty() && tasks_.begin()->first.first <= now()) {
      const auto first = tasks_.begin();
      const task what = std::move(first->second);
      times_.erase(first->first.second);
      tasks_.erase(first);
      lock.unlock();
      what();
      lock.lock();
    } else if (tasks_.empty() || !is_running()) {
      changed_.wait(lock, stop, has_moved);
    } else {
      // In steps: a time of the far future cannot be told in nanoseconds.
      constexpr fsm::duration longest = std::chrono::hours{1};
      const auto next = std::min(tasks_.begin()->first.first, now() + longest);
      changed_.wait_until(lock, stop, steady_start_ + (next - start) - nanoseconds{ahead_.load()},
                          has_moved);
    }
  }
}

}  // namespace bench
