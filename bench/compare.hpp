#pragma once

#include "reduce.hpp"
#include "result_file.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What a pair of rows says.
enum class verdict {
  faster,
  slower,
  within_spread,   ///< The runs of one side reach into the other's: no change is proven.
  unknown_spread,  ///< One run on each side: nobody knows how far two runs lie apart.
  no_ratio,        ///< The old side did nothing.
};
[[nodiscard]] std::string_view to_string(verdict which);

/// The same measurement in two files.
struct compared_row {
  reduced_row before;
  reduced_row after;
  /// ops/s of the new one by ops/s of the old one.
  std::optional<double> ratio;
  bench::verdict verdict = verdict::no_ratio;
};

/// Two result files, row by row.
struct file_comparison {
  result_file before;
  result_file after;
  std::vector<compared_row> rows;
  /// Rows that the other file does not have.
  std::vector<reduced_row> only_before;
  std::vector<reduced_row> only_after;
  /// Why the figures may not compare, one sentence each.
  std::vector<std::string> warnings;

  /// The rows whose ratio is below `limit`.
  [[nodiscard]] std::vector<const compared_row*> below(double limit) const;
};

[[nodiscard]] file_comparison compare_files(result_file before, result_file after);

/// What the two files are, the warnings, a table, the rows without a counterpart.
void print_comparison(std::ostream& out, const file_comparison& what);
/// {"version": 1, "old": {...}, "new": {...}, "warnings": [...], "rows": [...], "only_old": [...],
/// "only_new": [...]}.
[[nodiscard]] std::string to_json(const file_comparison& what);

/// "invoke, 1 M functions, 2 threads": the row with everything that `which` tells it apart by.
[[nodiscard]] std::string label_of(const row_key& key, const key_differences& which);
/// By what all rows of both files are told apart; always by their functions.
[[nodiscard]] key_differences differences(const file_comparison& what);

/// What all rows of a file say of something: each value once, in the order of the rows.
[[nodiscard]] std::vector<std::string> machines_of(const result_file& file);
[[nodiscard]] std::vector<std::string> commits_of(const result_file& file);
/// "Release, g++ 12.2.0"; "unknown" where a row does not say.
[[nodiscard]] std::vector<std::string> builds_of(const result_file& file);
/// "a, b".
[[nodiscard]] std::string joined(const std::vector<std::string>& texts,
                                 std::string_view separator = ", ");

}  // namespace bench
