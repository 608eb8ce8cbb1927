#pragma once

#include "forwarding_store.hpp"
#include "latency.hpp"
#include <fsm/provider.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace bench {

/// Does things a while later, on a thread of its own, in the order in which they were given.
class delay_line {
public:
  using task = std::function<void()>;

  delay_line();
  delay_line(const delay_line&) = delete;
  delay_line& operator=(const delay_line&) = delete;
  /// What is not due yet is dropped.
  ~delay_line();

  /// Any thread. Not before what was given earlier.
  void after(clock::duration delay, task what);

private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<time_point, task>> tasks_;
  std::jthread thread_;  // Last: it uses everything above.
};

/// A provider that takes the same time for everything that it makes; releases take none.
class slow_provider final : public fsm::resource_provider {
public:
  explicit slow_provider(clock::duration time) : time_{time} {}

  void provision(const fsm::provision_request& request, fsm::completion done) override;
  void release(const fsm::attempt_token& token, fsm::completion done) override;
  [[nodiscard]] bool wants_documents() const noexcept override { return false; }

  /// While off it answers at once. On at first.
  void slow_down(bool on) noexcept { slow_.store(on); }

private:
  clock::duration time_;
  std::atomic<bool> slow_{true};
  delay_line line_;
};

/// A store whose commits take a time of their own, and some more for each transition.
class slow_store final : public forwarding_store {
public:
  slow_store(std::shared_ptr<fsm::store> inner, clock::duration per_commit,
             clock::duration per_transition)
      : forwarding_store{std::move(inner)},
        per_commit_{per_commit},
        per_transition_{per_transition} {}

  void commit(const fsm::commit_batch& batch, committed done) override;
  /// While off it takes no time. On at first.
  void slow_down(bool on) noexcept { slow_.store(on); }

private:
  clock::duration per_commit_;
  clock::duration per_transition_;
  std::atomic<bool> slow_{true};
  delay_line line_;
};

}  // namespace bench
