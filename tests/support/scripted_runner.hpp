#pragma once

#include "invoke/runner.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace platform::testing {

/// Answers as it is told, or when it is told.
class scripted_runner final : public invoke::runner {
public:
  /// May throw. Called on the thread that runs the invocation.
  std::function<invoke::outcome(const invoke::invocation&)> answer = give_back;

  static invoke::outcome give_back(const invoke::invocation& what) {
    invoke::outcome result;
    result.payload = what.payload;
    return result;
  }
  static invoke::outcome fail(const invoke::invocation&) {
    invoke::outcome result;
    result.payload = R"({"errorType":"Oops","errorMessage":"it failed"})";
    result.function_error = "Unhandled";
    return result;
  }

  /// From now on invocations wait until `finish`.
  void hold() {
    const std::lock_guard lock{mutex_};
    holds_ = true;
  }
  /// Lets those end that wait, and holds no more.
  void finish() {
    std::vector<held> all;
    {
      const std::lock_guard lock{mutex_};
      holds_ = false;
      all.swap(held_);
    }
    for (auto& each : all) each.done(answer(each.what));
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard lock{mutex_};
    return held_.size();
  }
  /// What has been started so far.
  [[nodiscard]] std::vector<invoke::invocation> started() const {
    const std::lock_guard lock{mutex_};
    return started_;
  }
  [[nodiscard]] std::size_t cancelled() const {
    const std::lock_guard lock{mutex_};
    return cancelled_;
  }

  cancel run(invoke::invocation what, finished done) override {
    {
      const std::lock_guard lock{mutex_};
      started_.push_back(what);
      if (holds_) {
        held_.push_back({std::move(what), std::move(done)});
        return [this] {
          const std::lock_guard guard{mutex_};
          ++cancelled_;
        };
      }
    }
    done(answer(what));
    return {};
  }

private:
  struct held {
    invoke::invocation what;
    finished done;
  };

  mutable std::mutex mutex_;
  bool holds_ = false;
  std::vector<held> held_;
  std::vector<invoke::invocation> started_;
  std::size_t cancelled_ = 0;
};

}  // namespace platform::testing
