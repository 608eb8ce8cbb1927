#pragma once

#include "tenant_shares.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace fsm::detail {

/// Who gets the next place for an attempt. Tenants take turns, and none has more places than its
/// share; within a tenant those that somebody waits for come first.
///
/// A tenant whose tries are all lost may have fewer and fewer places: half as many with each of
/// them, down to one. The first answer gives it its share again. So those for whom nobody answers
/// do not keep the places of those for whom somebody does, however many they are. Not thread-safe.
class tenant_turns {
public:
  tenant_turns(std::size_t places, const sharing_rule& rule) : places_{places}, rule_{rule} {}

  /// This function's attempt waits for a place.
  void add(tenant_index tenant, std::uint64_t uid, bool preferred);
  /// The function whose turn it is; none when nobody waits who may have a place.
  [[nodiscard]] std::optional<std::uint64_t> next();
  [[nodiscard]] bool anyone_waits() const noexcept { return !queues_.empty(); }
  /// True if an attempt of this tenant may go ahead of the queue: nobody waits, and there is room.
  [[nodiscard]] bool may_go_at_once(tenant_index tenant) const {
    return !anyone_waits() && may_have_place(tenant);
  }
  /// It had a turn outside of the queue.
  void had_turn(tenant_index tenant) noexcept { last_ = tenant; }

  void take_place(tenant_index tenant);
  void give_place_back(tenant_index tenant);
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

  /// The provider has answered, or let a try's time pass.
  void answered(tenant_index tenant);
  void lost(tenant_index tenant);

private:
  struct queue {
    std::deque<std::uint64_t> preferred;
    std::deque<std::uint64_t> others;
  };
  struct account {
    std::size_t places = 0;
    std::uint32_t lost_in_a_row = 0;
  };

  [[nodiscard]] bool may_have_place(tenant_index tenant) const;
  [[nodiscard]] account& account_of(tenant_index tenant);

  std::size_t places_;
  const sharing_rule& rule_;
  std::size_t taken_ = 0;
  std::vector<account> accounts_;
  std::map<tenant_index, queue> queues_;  // Ordered, so that a run can be repeated.
  tenant_index last_ = 0;
};

}  // namespace fsm::detail
