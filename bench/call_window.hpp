#pragma once

#include "function_name.hpp"
#include "measure.hpp"
#include <fsm/error.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace bench {

/// Calls in the callback form, a bounded number of them outstanding. One thread drives it; the
/// answers may come on any thread. Must outlive the runtime.
class call_window {
public:
  /// One call on its way.
  class alignas(64) call {
  public:
    [[nodiscard]] std::uint64_t function() const noexcept { return function_; }
    /// Valid until the call is answered.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    /// Ends it. Null = accepted. Exactly once, on any thread; it must not be touched afterwards.
    void answered(const fsm::error* why);

  private:
    friend class call_window;
    call_window* window_ = nullptr;
    std::uint64_t function_ = 0;
    function_name name_;
    time_point started_;
    time_point finished_;
    bool used_ = false;
    bool sampled_ = false;
    bool failed_ = false;
    std::string failure_;
    std::atomic<bool> done_{true};
  };
  /// Starts a call; sees to it that `call::answered` is called.
  using start = std::function<void(call&)>;

  explicit call_window(std::size_t in_flight);
  call_window(const call_window&) = delete;
  call_window& operator=(const call_window&) = delete;
  ~call_window();

  /// Makes one call for each function from `first` up to `last` (of `count`), on the calling
  /// thread, and waits for all answers. `progress` is counted up in steps. Ends early when
  /// interrupted, or when an answer takes more than 30 s.
  [[nodiscard]] measurement run(std::uint64_t first, std::uint64_t last, std::uint64_t count,
                                const start& begin_call, std::atomic<std::uint64_t>& progress);

private:
  bool collect(call& which, measurement& out);

  std::size_t in_flight_;
  std::unique_ptr<call[]> calls_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> asleep_{false};
};

/// "not_found: there is no function x".
[[nodiscard]] std::string to_text(const fsm::error& why);

}  // namespace bench
