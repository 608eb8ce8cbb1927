#pragma once

#include <boost/json.hpp>

#include <string>

namespace bench {

/// A JSON array of what `convert` makes of each, one element per line, so that files can be read
/// and compared by eye.
template <class Range, class Convert>
[[nodiscard]] std::string json_lines(const Range& range, Convert convert) {
  std::string text = "[";
  const char* separator = "\n  ";
  for (const auto& each : range) {
    text += separator + boost::json::serialize(convert(each));
    separator = ",\n  ";
  }
  return text + (range.empty() ? "]" : "\n]");
}

}  // namespace bench
