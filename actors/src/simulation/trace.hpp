#pragma once

#include <fsm/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fsm::simulated {

/// What happened in a run, as a hash and, if wanted, as lines.
class trace {
public:
  trace(bool keeps_lines, std::size_t lines_max)
      : keeps_lines_{keeps_lines}, lines_max_{lines_max} {}

  void add(timestamp at, std::string_view what, std::string_view whom, std::uint64_t a,
           std::uint64_t b);
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  [[nodiscard]] std::vector<std::string> take_lines();

private:
  bool keeps_lines_;
  std::size_t lines_max_;
  std::uint64_t hash_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace fsm::simulated
