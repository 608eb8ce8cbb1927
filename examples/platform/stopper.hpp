#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <thread>

namespace platform {

/// Waits for SIGTERM, SIGINT or SIGHUP. From then on there are `time_to_stop` seconds: a process
/// that is not gone by then is ended, with exit code 0, for everything acknowledged has been kept
/// long before.
class stopper {
public:
  static constexpr int time_to_stop = 4;

  stopper();
  stopper(const stopper&) = delete;
  stopper& operator=(const stopper&) = delete;
  ~stopper();

  /// Whether a signal has come.
  [[nodiscard]] bool requested() const noexcept { return requested_; }
  /// Returns when one has.
  void wait() const { requested_.wait(false); }

private:
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_{context_};
  boost::asio::steady_timer deadline_{context_};
  std::atomic<bool> requested_ = false;
  std::thread thread_;
};

}  // namespace platform
