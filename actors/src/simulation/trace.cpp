#include "simulation/trace.hpp"

#include <fsm/simulated.hpp>

#include <fmt/format.h>

#include <utility>

namespace fsm::simulated {

void trace::add(timestamp at, std::string_view what, std::string_view whom, std::uint64_t a,
                std::uint64_t b) {
  for (const char c : what) hash_ = hash_ * 31 + static_cast<unsigned char>(c);
  for (const char c : whom) hash_ = hash_ * 31 + static_cast<unsigned char>(c);
  hash_ = chance::mix(hash_, static_cast<std::uint64_t>(at.time_since_epoch().count()));
  hash_ = chance::mix(hash_ ^ a, b);
  if (!keeps_lines_) return;
  const auto since = (at - simulated_clock{}.now()).count();
  lines_.push_back(
      fmt::format("{:>13.3f} s  {} {} {} {}", static_cast<double>(since) / 1000, what, whom, a, b));
  if (lines_max_ != 0 && lines_.size() > 2 * lines_max_)
    lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(lines_max_));
}

std::vector<std::string> trace::take_lines() {
  if (lines_max_ != 0 && lines_.size() > lines_max_)
    lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(lines_max_));
  return std::move(lines_);
}

}  // namespace fsm::simulated
