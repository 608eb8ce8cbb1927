#include <fsm/simulated.hpp>

namespace fsm {

namespace {

/// Spreads every bit of `value` over all bits; one to one.
std::uint64_t spread(std::uint64_t value) noexcept {
  value ^= value >> 32U;
  value *= 0x9FB2'1C65'1E98'DF25U;
  value ^= value >> 29U;
  value *= 0xD6E8'FEB8'6659'FD93U;
  value ^= value >> 32U;
  return value;
}

constexpr std::uint64_t stride = 0x9E37'79B9'7F4A'7C15U;  // Odd: visits every state.

}  // namespace

std::uint64_t chance::next() noexcept {
  state_ += stride;
  return spread(state_);
}

std::uint64_t chance::below(std::uint64_t bound) noexcept {
  return bound == 0 ? 0 : next() % bound;
}

bool chance::happens(double probability) noexcept {
  if (probability <= 0) return false;
  return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
}

duration chance::up_to(duration most) noexcept {
  const auto bound = static_cast<std::uint64_t>(most.count()) + 1;
  return duration{static_cast<std::int64_t>(below(below(bound) + 1))};
}

std::uint64_t chance::mix(std::uint64_t a, std::uint64_t b) noexcept {
  return spread(spread(a + stride) ^ (b + stride));
}

std::string_view to_string(fault what) noexcept {
  constexpr std::array<std::string_view, fault_count> names{
      "store_slow",        "store_held",    "store_failed",          "store_failed_kept",
      "read_slow",         "read_failed",   "request_lost",          "request_late",
      "request_overtaken", "answer_lost",   "answer_late",           "answer_twice",
      "answer_transient",  "answer_failed", "made_but_failed",       "provider_threw",
      "listing_failed",    "crash",         "commit_under_way_kept", "commit_under_way_lost",
      "owner_paused",      "clock_jump",    "admission_lost",        "overload"};
  const auto index = static_cast<std::size_t>(what);
  return index < names.size() ? names[index] : std::string_view{};
}

bool fault_plan::strikes(fault what, chance& luck) noexcept {
  if (!luck.happens(rates_[index(what)])) return false;
  count(what);
  return true;
}

// -- time -----------------------------------------------------------------------------------------

simulated_clock::simulated_clock(timestamp start) : now_{start} {}

clock::task_id simulated_clock::call_at(timestamp when, task what) {
  const task_id id = ++last_;
  tasks_.emplace(std::pair{when, id}, std::move(what));
  times_.emplace(id, when);
  return id;
}

bool simulated_clock::cancel(task_id which) {
  const auto found = times_.find(which);
  if (found == times_.end()) return false;
  tasks_.erase({found->second, which});
  times_.erase(found);
  return true;
}

timestamp simulated_clock::next() const noexcept {
  return tasks_.empty() ? timestamp::max() : tasks_.begin()->first.first;
}

void simulated_clock::advance_to(timestamp when) {
  while (next() <= when) {
    now_ = std::max(now_, next());
    run_due();
  }
  now_ = std::max(now_, when);
}

void simulated_clock::jump(duration span) {
  now_ += span;
  run_due();
}

void simulated_clock::run_due() {
  while (next() <= now_) {
    const auto first = tasks_.begin();
    const task what = std::move(first->second);
    times_.erase(first->first.second);
    tasks_.erase(first);
    what();
  }
}

}  // namespace fsm
