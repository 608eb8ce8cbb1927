#include "idle_clock_writer.hpp"

#include "core.hpp"
#include "journal.hpp"
#include <fsm/condition.hpp>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace fsm::detail {

duration write_back_interval(duration idle_after) noexcept {
  // The floor bounds the work for those who choose very short idle times.
  return std::max(idle_after / 8, duration{100});
}

idle_clock_writer::idle_clock_writer(core& o) : core_{o} { visited_.fill(o.clock->now()); }

void idle_clock_writer::note_active(duration idle_after) {
  if (!core_.store->keeps_documents()) return;
  shortest_ = std::min(shortest_, idle_after);
  shortest_seen_ = std::min(shortest_seen_, idle_after);
  next_ = std::min(next_, core_.clock->now() + step());
}

duration idle_clock_writer::step() const noexcept {
  constexpr duration shortest{10};
  return std::max(write_back_interval(shortest_) / static_cast<duration::rep>(slices), shortest);
}

void idle_clock_writer::advance(timestamp now) {
  if (now < next_) return;
  const duration round = write_back_interval(shortest_);
  // After a pause of the process one round is enough.
  const auto due = static_cast<std::size_t>((now - next_) / step()) + 1;
  // With very short idle times a step has more than one slice.
  const auto per_step = static_cast<std::size_t>(
      (step() * static_cast<duration::rep>(slices) + round - duration{1}) / round);
  const std::size_t visits = std::min(due * per_step, slices);
  for (std::size_t i = 0; i < visits; ++i) {
    visit(slice_, now);
    slice_ = (slice_ + 1) % slices;
    if (slice_ != 0) continue;
    shortest_ = std::exchange(shortest_seen_, duration::max());
  }
  next_ = shortest_ == duration::max() ? timestamp::max() : now + step();
}

void idle_clock_writer::visit(std::size_t slice, timestamp now) {
  const std::size_t words = (core_.pool->used() + 63) / 64;
  const std::size_t end = words * (slice + 1) / slices;
  std::vector<note> notes{{.kind = note_kind::owner_alive}};
  for (std::size_t word = words * slice / slices; word < end; ++word) {
    for (std::uint64_t bits = core_.index.word(word, active.fulfilled); bits != 0;
         bits &= bits - 1) {
      const auto slot =
          static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
      const hot_line& function = core_.pool->line(slot);
      shortest_seen_ = std::min(shortest_seen_, core_.idle_after(function.idle_policy));
      if (function.last_use() >= visited_[slice])
        notes.push_back({.kind = note_kind::used, .uid = function.uid, .at = function.last_use()});
    }
  }
  visited_[slice] = now;
  core_.journal->keep(std::move(notes));
}

}  // namespace fsm::detail
