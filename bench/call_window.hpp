#pragma once

#include "measure.hpp"
#include <fsm/error.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace bench {

class call_window;

/// One call on its way.
class alignas(64) outstanding_call {
public:
  /// The function it is about.
  [[nodiscard]] std::uint64_t item() const noexcept { return item_; }
  /// The answer has come; null = it went well. Any thread, once per start, and the last thing done.
  void finish(const fsm::error* why);

private:
  friend class call_window;
  call_window* window_ = nullptr;
  std::uint64_t item_ = 0;
  time_point started_;
  time_point finished_;
  bool used_ = false;
  bool sampled_ = false;
  bool failed_ = false;
  std::string failure_;
  std::atomic<bool> done_{true};
};

/// What the calls of a window do.
class windowed_work {
public:
  virtual ~windowed_work() = default;
  /// Which function comes next; nothing = that was all. On the driving thread.
  virtual std::optional<std::uint64_t> next() = 0;
  /// Starts the call, which ends with `which.finish`: here, or later on any thread.
  virtual void start(outstanding_call& which) = 0;
};

/// How one of several windows is driven.
struct window_schedule {
  pace how;
  time_point begin;
  std::size_t index = 0;
  std::size_t threads = 1;
  /// A closed loop ends when the time is over, not only when there is nothing left to do.
  bool timed = true;
  /// An open loop sleeps between the calls and starts some up to 0.1 ms late, which their latencies
  /// show; else it takes a core for itself.
  bool sleeps = false;
};

/// A bounded number of calls on their way. One thread drives it; the answers may come on any
/// thread, so it must outlive whoever answers.
class call_window {
public:
  explicit call_window(std::size_t in_flight);
  call_window(const call_window&) = delete;
  call_window& operator=(const call_window&) = delete;
  ~call_window();

  /// Works on the calling thread until there is nothing left to do or the time is over, and until
  /// every answer has come.
  [[nodiscard]] measurement run(windowed_work& work, const window_schedule& when);

private:
  friend class outstanding_call;

  bool collect(outstanding_call& which, measurement& out);
  [[nodiscard]] bool answered(const outstanding_call& which);
  void wake();

  std::size_t in_flight_;
  std::unique_ptr<outstanding_call[]> calls_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> asleep_{false};
};

/// "not_found: there is no function x".
[[nodiscard]] std::string to_text(const fsm::error& why);

/// How long an answer may take before that counts as a failure.
inline constexpr std::chrono::seconds call_patience{30};

}  // namespace bench
