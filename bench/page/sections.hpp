#pragma once

#include "page/facts.hpp"

#include <string>
#include <vector>

/// \file
/// The sections of a report, each as HTML: what it shows, a chart and a table. Empty when there is
/// nothing to show.

namespace bench {

[[nodiscard]] std::string throughput_section(const page_facts& facts);
[[nodiscard]] std::string ratio_section(const page_facts& facts);
[[nodiscard]] std::string latency_section(const page_facts& facts);
[[nodiscard]] std::string memory_section(const page_facts& facts);
[[nodiscard]] std::string growth_section(const page_facts& facts);

/// A table with a caption. `numeric` columns are aligned at their ends; the first cell of each row
/// names the row.
struct html_table {
  std::string caption;
  std::vector<std::string> heads;
  std::size_t words = 1;  ///< Columns that are text; the others are numbers.
  std::vector<std::vector<std::string>> rows;
};
[[nodiscard]] std::string to_html(const html_table& table);

}  // namespace bench
