#pragma once

#include "reduce.hpp"
#include "result_file.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// \file
/// What a report shows, without a thought about how it looks.

namespace bench {

/// Where figures come from: one program on one machine.
struct figure_source {
  std::string machine;
  std::string commit;
  std::string build;                  ///< "Release, g++ 12.2.0"; "unknown" in older files.
  std::vector<std::string> warnings;  ///< Of the build.
  std::vector<std::string> files;
  std::vector<std::string> dates;
  std::uint64_t rows = 0;
};

/// A row and its source.
struct page_row {
  reduced_row row;
  std::size_t source = 0;
};

/// The ratio of a scenario to a peer. Of several runs: the median, and the widest spread.
struct page_ratio {
  file_ratio ratio;
  std::size_t source = 0;
};

/// One measurement with several populations, the smallest first.
struct growth_series {
  /// The number of functions is that of the smallest.
  row_key key;
  std::size_t source = 0;
  std::vector<reduced_row> points;
};

/// Everything on the page.
struct page_facts {
  std::vector<figure_source> sources;
  /// Why not all figures compare with each other, one sentence each.
  std::vector<std::string> warnings;
  /// Every measurement.
  std::vector<page_row> rows;
  /// Those with the largest population of each, which the charts show.
  std::vector<page_row> largest;
  std::vector<growth_series> growth;
  std::vector<page_ratio> ratios;
  std::size_t files = 0;
};

/// `files` must not be empty.
[[nodiscard]] page_facts facts_from(std::span<const result_file> files);

/// "A", "B", ... "Z", "A1".
[[nodiscard]] std::string source_name(std::size_t index);

/// Whether the ratios name it as what something is compared with.
[[nodiscard]] bool is_peer(const page_facts& facts, const std::string& scenario);

/// By what the keys of these rows differ.
[[nodiscard]] key_differences differences(const std::vector<page_row>& rows);

}  // namespace bench
