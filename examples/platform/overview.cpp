#include "overview.hpp"

namespace platform {

overview::numbers overview::now() const {
  const auto time = std::chrono::steady_clock::now();
  const std::lock_guard lock{mutex_};
  auto result = so_far_;
  result.latency = latency_.read(time);
  result.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(time - start_);
  return result;
}

void overview::on_transition(const fsm::transition& what) {
  const std::lock_guard lock{mutex_};
  ++so_far_.transitions;
  so_far_.recent.push_front(what);
  if (so_far_.recent.size() > recent_max) so_far_.recent.pop_back();
}

void overview::on_attempt_ended(const fsm::attempt_result& what) {
  const std::lock_guard lock{mutex_};
  ++(what.succeeded ? so_far_.attempts_succeeded : so_far_.attempts_failed);
  if (what.tries > 1) so_far_.retries += what.tries - 1;
  latency_.add(what.waited + what.took, std::chrono::steady_clock::now());
}

}  // namespace platform
