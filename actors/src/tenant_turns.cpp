#include "tenant_turns.hpp"

#include "assert.hpp"

#include <algorithm>

namespace fsm::detail {

void tenant_turns::add(tenant_index tenant, std::uint64_t uid, bool preferred) {
  queue& where = queues_[tenant];
  (preferred ? where.preferred : where.others).push_back(uid);
}

std::optional<std::uint64_t> tenant_turns::next() {
  // Each tenant is looked at once, from the one behind the last that had a turn.
  auto turn = queues_.upper_bound(last_);
  for (std::size_t left = queues_.size(); left != 0; --left) {
    if (turn == queues_.end()) turn = queues_.begin();
    auto& [tenant, waiting] = *turn;
    std::deque<std::uint64_t>& from =
        waiting.preferred.empty() ? waiting.others : waiting.preferred;
    if (from.empty()) {
      turn = queues_.erase(turn);
      continue;
    }
    if (!may_have_place(tenant)) {
      ++turn;
      continue;
    }
    last_ = tenant;
    const std::uint64_t uid = from.front();
    from.pop_front();
    return uid;
  }
  return std::nullopt;
}

bool tenant_turns::may_have_place(tenant_index tenant) const {
  if (taken_ >= places_) return false;
  if (!rule_.is_in_force() || tenant >= accounts_.size()) return true;
  const account& of = accounts_[tenant];
  const std::size_t most = rule_.most(places_ - taken_);
  const std::size_t answered_for = of.lost_in_a_row < 64 ? most >> of.lost_in_a_row : 0;
  return of.places < std::max<std::size_t>(answered_for, 1);
}

void tenant_turns::take_place(tenant_index tenant) {
  ++taken_;
  ++account_of(tenant).places;
}

void tenant_turns::give_place_back(tenant_index tenant) {
  account& of = account_of(tenant);
  FSM_ASSERT(taken_ != 0 && of.places != 0);
  --taken_;
  --of.places;
}

void tenant_turns::answered(tenant_index tenant) { account_of(tenant).lost_in_a_row = 0; }

void tenant_turns::lost(tenant_index tenant) { ++account_of(tenant).lost_in_a_row; }

tenant_turns::account& tenant_turns::account_of(tenant_index tenant) {
  if (tenant >= accounts_.size()) accounts_.resize(tenant + std::size_t{1});
  return accounts_[tenant];
}

}  // namespace fsm::detail
