#include "slow_parts.hpp"

namespace bench {

delay_line::delay_line() : thread_{[this](const std::stop_token& stop) { run(stop); }} {}

delay_line::~delay_line() {
  thread_.request_stop();
  thread_.join();
}

void delay_line::after(clock::duration delay, task what) {
  const auto due = clock::now() + delay;
  {
    const std::lock_guard lock{mutex_};
    tasks_.emplace_back(due, std::move(what));
  }
  changed_.notify_one();
}

void delay_line::run(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    if (tasks_.empty()) {
      changed_.wait(lock, stop, [this] { return !tasks_.empty(); });
      continue;
    }
    const auto due = tasks_.front().first;
    if (clock::now() < due) {
      changed_.wait_until(lock, stop, due, [] { return false; });
      continue;
    }
    const auto what = std::move(tasks_.front().second);
    tasks_.pop_front();
    lock.unlock();
    what();
    lock.lock();
  }
}

void slow_provider::provision(const fsm::provision_request& /*request*/, fsm::completion done) {
  if (!slow_.load()) return done.succeeded();
  line_.after(time_, [done = std::move(done)] { done.succeeded(); });
}

void slow_provider::release(const fsm::attempt_token& /*token*/, fsm::completion done) {
  done.succeeded();
}

void slow_store::commit(const fsm::commit_batch& batch, committed done) {
  if (!slow_.load()) return forwarding_store::commit(batch, std::move(done));
  const auto time = per_commit_ + per_transition_ * static_cast<int>(batch.changes.size());
  // What the batch refers to stays until it has been answered.
  line_.after(time, [this, batch, done = std::move(done)]() mutable {
    forwarding_store::commit(batch, std::move(done));
  });
}

}  // namespace bench
