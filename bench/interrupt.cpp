#include "interrupt.hpp"

#include <atomic>
#include <csignal>

namespace bench {
namespace {

// A signal handler reaches nothing but globals.
std::atomic<bool> asked_to_end{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int /*number*/) { asked_to_end.store(true, std::memory_order_relaxed); }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept { return asked_to_end.load(std::memory_order_relaxed); }

}  // namespace bench
