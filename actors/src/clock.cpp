#include "real_time.hpp"
#include <fsm/clock.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace fsm {

// NOLINTNEXTLINE(performance-unnecessary-value-param): those who override it keep the task.
clock::task_id clock::add_settler(task /*settle*/) { return 0; }
void clock::remove_settler(task_id) {}

namespace {

/// Tasks in the order of their times, then of their arrival.
class agenda {
public:
  clock::task_id add(timestamp when, clock::task what) {
    const clock::task_id id = ++last_;
    tasks_.emplace(std::pair{when, id}, std::move(what));
    times_.emplace(id, when);
    return id;
  }
  bool remove(clock::task_id id) {
    const auto found = times_.find(id);
    if (found == times_.end()) return false;
    tasks_.erase({found->second, id});
    times_.erase(found);
    return true;
  }
  [[nodiscard]] bool empty() const { return tasks_.empty(); }
  [[nodiscard]] timestamp next() const { return tasks_.begin()->first.first; }
  [[nodiscard]] clock::task take_first() {
    const auto first = tasks_.begin();
    clock::task what = std::move(first->second);
    times_.erase(first->first.second);
    tasks_.erase(first);
    return what;
  }

private:
  std::map<std::pair<timestamp, clock::task_id>, clock::task> tasks_;
  std::map<clock::task_id, timestamp> times_;
  clock::task_id last_ = 0;
};

/// The machine's clock. The only place in the library that asks a system clock.
class machine_clock final : public clock {
public:
  machine_clock()
      : start_{std::chrono::floor<duration>(std::chrono::system_clock::now())},
        steady_start_{std::chrono::steady_clock::now()},
        thread_{[this](const std::stop_token& stop) { run(stop); }} {}

  [[nodiscard]] timestamp now() const noexcept override {
    return start_ + std::chrono::floor<duration>(std::chrono::steady_clock::now() - steady_start_);
  }
  /// A load, as long as somebody asks: the clock's thread then writes the time down at every tick.
  [[nodiscard]] std::chrono::nanoseconds ticks() const noexcept override {
    return std::chrono::steady_clock::now() - steady_start_;
  }

  [[nodiscard]] timestamp coarse_now() const noexcept override {
    if (!coarse_used_.load(std::memory_order_relaxed))
      coarse_used_.store(true, std::memory_order_relaxed);
    const std::int64_t written = coarse_.load(std::memory_order_relaxed);
    return written != not_ticking ? timestamp{duration{written}} : start_ticking();
  }
  task_id call_at(timestamp when, task what) override {
    const std::lock_guard lock{mutex_};
    const task_id id = agenda_.add(when, std::move(what));
    if (when < wakes_at_) changed_.notify_one();
    return id;
  }
  bool cancel(task_id which) override {
    const std::lock_guard lock{mutex_};
    return agenda_.remove(which);
  }

private:
  // The tick of Linux' own coarse clocks, and when nobody has asked for that long it stops.
  static constexpr duration tick{4};
  static constexpr duration ticking_for{100};
  static constexpr std::int64_t not_ticking = -1;

  timestamp start_ticking() const noexcept {
    const timestamp current = now();
    const std::lock_guard lock{mutex_};
    if (coarse_.load(std::memory_order_relaxed) == not_ticking) {
      asked_at_ = current;
      coarse_.store(current.time_since_epoch().count(), std::memory_order_relaxed);
      changed_.notify_one();
    }
    return current;
  }

  /// Writes the time down if somebody asks for it. Gives the time of the next tick.
  timestamp tick_on() noexcept {
    const timestamp current = now();
    if (coarse_used_.exchange(false, std::memory_order_relaxed)) asked_at_ = current;
    const bool go_on = current - asked_at_ < ticking_for;
    coarse_.store(go_on ? current.time_since_epoch().count() : not_ticking,
                  std::memory_order_relaxed);
    return go_on ? current + tick : timestamp::max();
  }

  void run(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    timestamp next_tick = timestamp::max();
    while (!stop.stop_requested()) {
      const bool ticks = coarse_.load(std::memory_order_relaxed) != not_ticking;
      if (ticks && (next_tick == timestamp::max() || next_tick <= now())) next_tick = tick_on();
      const timestamp next =
          std::min(agenda_.empty() ? timestamp::max() : agenda_.next(), next_tick);
      const auto changed = [this, next, ticks] {
        return (!agenda_.empty() && agenda_.next() < next) ||
               (!ticks && coarse_.load(std::memory_order_relaxed) != not_ticking);
      };
      wakes_at_ = next;
      if (next == timestamp::max()) {
        changed_.wait(lock, stop, changed);
      } else if (now() < next) {
        // Rounded up by a millisecond: `now` rounds down, and waking early would only mean waiting
        // again.
        changed_.wait_until(lock, stop, steady_start_ + (next - start_) + duration{1}, changed);
      } else if (!agenda_.empty() && agenda_.next() <= now()) {
        const task what = agenda_.take_first();
        lock.unlock();
        what();
        lock.lock();
      }
    }
  }

  timestamp start_;
  std::chrono::steady_clock::time_point steady_start_;
  mutable std::atomic<std::int64_t> coarse_{not_ticking};  // Milliseconds.
  mutable std::atomic<bool> coarse_used_{false};
  mutable timestamp asked_at_{};
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  agenda agenda_;
  // Up to when the thread sleeps, if it does: most tasks are cancelled long before they are due.
  timestamp wakes_at_ = timestamp::max();
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace

std::shared_ptr<clock> make_system_clock() { return std::make_shared<machine_clock>(); }

struct manual_clock::impl {
  std::atomic<timestamp::rep> now{0};
  std::mutex mutex;  // Guards agenda and settlers.
  agenda tasks;
  std::map<task_id, task> settlers;
  task_id last_settler = 0;
  std::recursive_mutex advancing;  // One at a time.

  /// Moves to the next time at which a task is due, if that is by `limit`, and runs what is due
  /// then.
  bool run_next(timestamp limit) {
    {
      const std::lock_guard lock{mutex};
      if (tasks.empty() || tasks.next() > limit) return false;
      const timestamp next = tasks.next();
      if (next.time_since_epoch().count() > now.load()) now.store(next.time_since_epoch().count());
    }
    for (;;) {
      task what;
      {
        const std::lock_guard lock{mutex};
        if (tasks.empty() || tasks.next().time_since_epoch().count() > now.load()) break;
        what = tasks.take_first();
      }
      what();
    }
    settle();
    return true;
  }

  void settle() {
    std::map<task_id, task> copy;
    {
      const std::lock_guard lock{mutex};
      copy = settlers;
    }
    for (const auto& [id, what] : copy) what();
  }
};

manual_clock::manual_clock(timestamp start) : impl_{std::make_unique<impl>()} {
  impl_->now.store(start.time_since_epoch().count());
}
manual_clock::~manual_clock() = default;

timestamp manual_clock::now() const noexcept { return timestamp{duration{impl_->now.load()}}; }

clock::task_id manual_clock::call_at(timestamp when, task what) {
  const std::lock_guard lock{impl_->mutex};
  return impl_->tasks.add(when, std::move(what));
}

bool manual_clock::cancel(task_id which) {
  const std::lock_guard lock{impl_->mutex};
  return impl_->tasks.remove(which);
}

clock::task_id manual_clock::add_settler(task settle) {
  const std::lock_guard lock{impl_->mutex};
  impl_->settlers.emplace(++impl_->last_settler, std::move(settle));
  return impl_->last_settler;
}

void manual_clock::remove_settler(task_id which) {
  const std::lock_guard lock{impl_->mutex};
  impl_->settlers.erase(which);
}

void manual_clock::advance(duration span) {
  const std::lock_guard lock{impl_->advancing};
  const timestamp target = now() + std::max(span, duration{0});
  impl_->settle();
  while (impl_->run_next(target)) {
  }
  impl_->now.store(target.time_since_epoch().count());
  impl_->settle();
}

bool manual_clock::advance_to_next(timestamp limit) {
  const std::lock_guard lock{impl_->advancing};
  return impl_->run_next(limit);
}

duration detail::real_time() noexcept {
  return std::chrono::floor<duration>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace fsm
