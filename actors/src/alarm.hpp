#pragma once

#include <fsm/clock.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace fsm::detail {

/// One wake-up of one part: the earliest time asked for counts, and it can be moved. Thread-safe;
/// after `close` nothing is called any more.
class alarm {
public:
  alarm(std::shared_ptr<fsm::clock> clock, std::function<void()> wake)
      : clock_{std::move(clock)}, shared_{std::make_shared<shared>()} {
    shared_->wake = std::move(wake);
  }
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() { close(); }

  /// Wakes at `when`, if no earlier wake-up is set.
  void at_latest(timestamp when) {
    const std::lock_guard lock{mutex_};
    if (set_ && shared_->is_armed() && when_ <= when) return;
    if (set_) clock_->cancel(id_);
    when_ = when;
    set_ = true;
    shared_->arm();
    id_ = clock_->call_at(when, [s = shared_] { s->fire(); });
  }

  void close() {
    {
      const std::lock_guard lock{mutex_};
      if (set_) clock_->cancel(id_);
      set_ = false;
    }
    shared_->close();
  }

private:
  struct shared {
    std::mutex mutex;
    std::function<void()> wake;
    bool armed = false;
    void arm() {
      const std::lock_guard lock{mutex};
      armed = true;
    }
    [[nodiscard]] bool is_armed() {
      const std::lock_guard lock{mutex};
      return armed;
    }
    void fire() {
      const std::lock_guard lock{mutex};
      armed = false;
      if (wake) wake();
    }
    void close() {
      const std::lock_guard lock{mutex};
      wake = nullptr;
    }
  };

  std::shared_ptr<fsm::clock> clock_;
  std::shared_ptr<shared> shared_;
  std::mutex mutex_;
  fsm::clock::task_id id_ = 0;
  timestamp when_{};
  bool set_ = false;
};

}  // namespace fsm::detail
