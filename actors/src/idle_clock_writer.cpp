#include "idle_clock_writer.hpp"

#include "core.hpp"
#include "journal.hpp"
#include <fsm/condition.hpp>

#include <algorithm>
#include <bit>
#include <vector>

namespace fsm::detail {

duration write_back_interval(duration idle_after) noexcept {
  // The floor bounds the work for those who choose very short idle times.
  return std::max(idle_after / 8, duration{100});
}

idle_clock_writer::idle_clock_writer(core& o) : core_{o} {
  const timestamp now = o.clock->now();
  visited_.fill(now);
  next_ = o.store->keeps_documents() ? now + step() : timestamp::max();
}

duration idle_clock_writer::step() const noexcept {
  constexpr duration shortest{10};
  const duration round = write_back_interval(core_.shortest_idle_after());
  return std::max(round / static_cast<duration::rep>(slices), shortest);
}

void idle_clock_writer::advance(timestamp now) {
  if (now < next_) return;
  const duration round = write_back_interval(core_.shortest_idle_after());
  // After a pause of the process one round is enough.
  const auto due = static_cast<std::size_t>((now - next_) / step()) + 1;
  // With very short idle times a step has more than one slice.
  const auto per_step = static_cast<std::size_t>(
      (step() * static_cast<duration::rep>(slices) + round - duration{1}) / round);
  const std::size_t visits = std::min(due * per_step, slices);
  for (std::size_t i = 0; i < visits; ++i) {
    visit(slice_, now);
    slice_ = (slice_ + 1) % slices;
  }
  next_ = now + step();
}

void idle_clock_writer::visit(std::size_t slice, timestamp now) {
  const std::size_t words = (core_.pool->used() + 63) / 64;
  const std::size_t end = words * (slice + 1) / slices;
  std::vector<note> notes{{.kind = note_kind::owner_alive}};
  for (std::size_t word = words * slice / slices; word < end; ++word) {
    for (std::uint64_t bits = core_.index.word(word, active.fulfilled); bits != 0; bits &= bits - 1) {
      const auto slot =
          static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
      const hot_line& function = core_.pool->line(slot);
      if (function.last_use() >= visited_[slice])
        notes.push_back({.kind = note_kind::used, .uid = function.uid, .at = function.last_use()});
    }
  }
  visited_[slice] = now;
  core_.journal->keep(std::move(notes));
}

}  // namespace fsm::detail
