#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bench {

/// What a figure should be, and is.
struct target {
  std::string what;
  double value = 0;
  double bound = 0;
  bool at_most = false;

  [[nodiscard]] bool met() const noexcept { return at_most ? value <= bound : value >= bound; }
};

/// What a scenario says about a measurement beyond the figures that all have.
struct extras {
  /// What a reader has to know about it, a sentence each: lines below the table.
  std::vector<std::string> remarks;
  /// Further members of the scenario's JSON object: name, and a number or JSON text.
  std::vector<std::pair<std::string, std::variant<double, std::string>>> members;

  std::vector<target> targets;

  [[nodiscard]] bool empty() const noexcept {
    return remarks.empty() && members.empty() && targets.empty();
  }
};

}  // namespace bench
