#include <fsm/clock.hpp>

#include <atomic>
#include <condition_variable>
#include <ctime>
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
        coarse_start_{coarse()},
        thread_{[this](const std::stop_token& stop) { run(stop); }} {}

  [[nodiscard]] timestamp now() const noexcept override {
    return start_ + std::chrono::floor<duration>(std::chrono::steady_clock::now() - steady_start_);
  }
  [[nodiscard]] timestamp coarse_now() const noexcept override {
    return start_ + std::chrono::floor<duration>(coarse() - coarse_start_);
  }
  task_id call_at(timestamp when, task what) override {
    const std::lock_guard lock{mutex_};
    const bool is_first = agenda_.empty() || when < agenda_.next();
    const task_id id = agenda_.add(when, std::move(what));
    if (is_first) changed_.notify_one();
    return id;
  }
  bool cancel(task_id which) override {
    const std::lock_guard lock{mutex_};
    return agenda_.remove(which);
  }

private:
  [[nodiscard]] static std::chrono::nanoseconds coarse() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  }

  void run(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (!stop.stop_requested()) {
      if (agenda_.empty()) {
        changed_.wait(lock, stop, [this] { return !agenda_.empty(); });
        continue;
      }
      const timestamp next = agenda_.next();
      if (now() < next) {
        // Rounded up by a millisecond: `now` rounds down, and waking early would only mean waiting
        // again.
        changed_.wait_until(lock, stop, steady_start_ + (next - start_) + duration{1},
                            [this, next] { return agenda_.empty() || agenda_.next() < next; });
        continue;
      }
      const task what = agenda_.take_first();
      lock.unlock();
      what();
      lock.lock();
    }
  }

  timestamp start_;
  std::chrono::steady_clock::time_point steady_start_;
  std::chrono::nanoseconds coarse_start_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  agenda agenda_;
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

}  // namespace fsm
