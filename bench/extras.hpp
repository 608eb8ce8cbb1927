#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// What a scenario says about a measurement beyond the figures that all have.
struct extras {
  /// Lines below the table.
  std::vector<std::string> remarks;
  /// Further members of the scenario's JSON object: name, and value as JSON text.
  std::vector<std::pair<std::string, std::string>> members;
};

}  // namespace bench
