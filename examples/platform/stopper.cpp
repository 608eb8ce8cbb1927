#include "stopper.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>

namespace platform {

namespace {

bool is_ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

stopper::stopper() {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): there is nothing to do about a failure.
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  // Its terminal is gone, which it was not told not to mind (nohup).
  if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
  signals_.async_wait([this](const boost::system::error_code& problem, int) {
    if (problem) return;
    requested_ = true;
    requested_.notify_all();
    deadline_.expires_after(std::chrono::seconds{time_to_stop});
    deadline_.async_wait([](const boost::system::error_code& cancelled) {
      if (!cancelled) std::_Exit(0);
    });
  });
  thread_ = std::thread{[this] { context_.run(); }};
}

stopper::~stopper() {
  context_.stop();
  thread_.join();
}

}  // namespace platform
