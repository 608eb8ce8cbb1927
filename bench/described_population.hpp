#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// Shares of the calls of each kind, relative to their sum.
struct operation_shares {
  double invoke = 93;
  double get = 3;
  double update = 1.5;
  double list = 0.5;
  double create = 1;
  double remove = 1;

  friend bool operator==(const operation_shares&, const operation_shares&) = default;
};

enum class idle_distribution : std::uint8_t { log_normal, pareto };

/// How long functions may stay without an invocation before they become Inactive: each has its own
/// time, drawn from this distribution and clamped to the two bounds.
struct idle_time_shape {
  idle_distribution distribution = idle_distribution::log_normal;
  double median_seconds = 600;  ///< Of `log_normal`.
  double sigma = 1.2;           ///< Of `log_normal`: deviation of the logarithm.
  double alpha = 1.2;           ///< Of `pareto`: tail exponent; its scale is `min_seconds`.
  double min_seconds = 60;
  double max_seconds = 14 * 86'400;

  friend bool operator==(const idle_time_shape&, const idle_time_shape&) = default;
};

/// Something that happens once in so many ordinary operations (0 = never), to so many functions.
struct surge {
  std::uint64_t every_operations = 0;
  std::uint64_t functions = 1;

  friend bool operator==(const surge&, const surge&) = default;
};

/// What the scenario `mixed` draws from. All times are simulated ones. The default is written out
/// in bench/populations/default.json; docs/benchmarks.md gives meanings, ranges and reasons.
struct described_population {
  operation_shares operations;
  /// The k-th most popular of n functions is invoked in proportion to (k + offset n)^-exponent.
  double zipf_exponent = 1.5;
  double zipf_offset = 0.0001;
  idle_time_shape idle_time;
  /// Tenants that own equal parts of the functions.
  std::uint64_t tenants = 1000;
  /// Share of all calls that one tenant makes beyond its due, and how many of those are updates
  /// (the others invoke).
  double wild_share = 0.01;
  double wild_update_share = 0.5;
  /// Functions of neighbouring names deployed at once.
  surge deploy_burst{200'000, 500};
  /// Inactive functions invoked at once.
  surge wake_storm{500'000, 5000};
  /// Simulated seconds per second.
  double time_factor = 100;

  friend bool operator==(const described_population&, const described_population&) = default;
};

/// Reads a described population from JSON text. Members that are not there keep the values of
/// `base`. Throws `usage_error` with one line that names the member, its value and the rule.
[[nodiscard]] described_population parse_population(std::string_view text,
                                                    described_population base = {});

/// The same from a file; the error begins with the flag and the file's name.
[[nodiscard]] described_population read_population_file(const std::string& path);

}  // namespace bench
