#include "feed.hpp"

#include <algorithm>
#include <utility>

namespace platform {

std::uint64_t feed::last() const {
  const std::lock_guard lock{mutex_};
  return last_;
}

std::uint64_t feed::wake_after(std::uint64_t sequence, std::function<void()> wake) {
  {
    const std::lock_guard lock{mutex_};
    if (last_ <= sequence) {
      waiting_.emplace(++last_ticket_, std::move(wake));
      return last_ticket_;
    }
  }
  wake();
  return 0;
}

void feed::forget(std::uint64_t ticket) {
  const std::lock_guard lock{mutex_};
  waiting_.erase(ticket);
}

feed::place::~place() {
  const std::lock_guard lock{of_.mutex_};
  --of_.readers_;
}

std::unique_ptr<feed::place> feed::take_place() {
  const std::lock_guard lock{mutex_};
  if (readers_ == readers_max) return nullptr;
  auto taken = std::make_unique<place>(*this);
  ++readers_;
  return taken;
}

void feed::on_transition(const fsm::transition& what) {
  std::unordered_map<std::uint64_t, std::function<void()>> woken;
  {
    const std::lock_guard lock{mutex_};
    last_ = std::max(last_, what.sequence);
    if (waiting_.empty()) return;
    woken.swap(waiting_);
  }
  for (const auto& [ticket, wake] : woken) wake();
}

}  // namespace platform
