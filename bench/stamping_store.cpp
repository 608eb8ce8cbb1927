#include "stamping_store.hpp"

namespace bench {

void stamping_store::prepare(fsm::change& what) {
  forwarding_store::prepare(what);
  if (what.transition.event != fsm::event::restore_succeeded) return;
  stamp& mine = (*stamps_)[what.transition.uid % room];
  mine.uid.store(what.transition.uid, std::memory_order_relaxed);
  mine.when.store(clock::now().time_since_epoch().count(), std::memory_order_release);
}

std::optional<time_point> stamping_store::stamp_of(std::uint64_t uid) const noexcept {
  const stamp& its = (*stamps_)[uid % room];
  const auto when = its.when.load(std::memory_order_acquire);
  if (its.uid.load(std::memory_order_relaxed) != uid) return std::nullopt;
  return time_point{clock::duration{when}};
}

}  // namespace bench
