#pragma once

#include "flags.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Microseconds that shares of the operations did not exceed.
struct latencies {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

/// How the program was built that measured.
struct file_build {
  std::string type;
  std::string compiler;
  std::vector<std::string> warnings;

  friend bool operator==(const file_build&, const file_build&) = default;
};

/// One object of `results`.
struct file_row {
  std::string scenario;
  std::uint64_t functions = 0;
  std::uint64_t threads = 0;
  std::string store;
  std::string durability;
  double seconds = 0;
  std::uint64_t ops = 0;
  double ops_per_second = 0;
  latencies latency_us;
  double bytes_per_function = 0;
  std::uint64_t rss_bytes = 0;
  std::string commit;
  std::string machine;
  // Files of older programs do not have these.
  std::optional<file_build> build;
  std::string date;
  double rate = 0;
  std::optional<std::uint64_t> in_flight;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> hot;
  std::optional<std::uint64_t> batch;
};

/// One object of `ratios`.
struct file_ratio {
  std::string scenario;
  std::string peer;
  /// Why it was not measured; empty = it was.
  std::string missing;
  double median = 0;
  double lowest = 0;
  double highest = 0;
  std::uint64_t rounds = 0;
  /// What the median should be at least; 0 = nothing was said.
  double target = 0;

  [[nodiscard]] bool met() const noexcept { return median >= target; }
};

/// What one call of the program measured, as its file says.
struct result_file {
  std::string path;
  std::vector<file_row> rows;  ///< At least one.
  std::vector<file_ratio> ratios;
};

/// Reads a file that `--json` has written. Unknown members are passed over. Throws `usage_error`,
/// with one line that names the file and what is wrong with it. Control characters in texts become
/// '?', so that each stays on one line.
[[nodiscard]] result_file read_result_file(const std::string& path);
/// The same of a text; `path` is what errors and the answer call it.
[[nodiscard]] result_file parse_result_file(const std::string& path, std::string_view text);

/// The most a file may have.
inline constexpr std::size_t result_file_bytes_max = std::size_t{64} << 20;
inline constexpr std::size_t result_file_rows_max = 10'000;

}  // namespace bench
