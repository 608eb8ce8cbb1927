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
/// Every row with all of its figures, where the charts leave some out.
[[nodiscard]] std::string complete_section(const page_facts& facts);

/// A table with a caption. `numeric` columns are aligned at their ends; the first cell of each row
/// names the row.
struct html_table {
  std::string caption;
  std::vector<std::string> heads;
  std::size_t words = 1;  ///< Columns that are text; the others are numbers.
  std::vector<std::vector<std::string>> rows;
};
[[nodiscard]] std::string to_html(const html_table& table);

/// What tells a row apart from the others of its scenario, in words.
[[nodiscard]] std::vector<std::string> details_of(const row_key& key, std::size_t source,
                                                  const key_differences& which,
                                                  const page_facts& facts);
/// A table whose first columns name each row: scenario, conditions (if any row has some) and
/// functions.
class row_table {
public:
  row_table(std::string caption, const std::vector<page_row>& rows, const page_facts& facts);
  /// A column of numbers.
  template <class Text>
  void add(std::string head, Text text) {
    table_.heads.push_back(std::move(head));
    for (std::size_t i = 0; i < rows_.size(); ++i) table_.rows[i].push_back(text(rows_[i].row));
  }
  [[nodiscard]] std::string to_html() const { return bench::to_html(table_); }

private:
  const std::vector<page_row>& rows_;
  html_table table_;
};

}  // namespace bench
