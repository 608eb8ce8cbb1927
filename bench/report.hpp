#pragma once

#include "flags.hpp"
#include "machine.hpp"
#include "measure.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// One row of the table, one object of the JSON.
struct result {
  std::string scenario;
  std::uint64_t functions = 0;
  std::size_t threads = 0;
  measurement measured;
  /// Differs from `measured` where a median of several rounds is quoted.
  double ops_per_second = 0;
  double bytes_per_function = 0;
  std::uint64_t rss_bytes = 0;
};

/// How much faster one side of a comparison is: the median of the rounds' ratios, and their spread.
struct ratio {
  std::string scenario;
  std::string peer;
  /// Why there are no figures ("erl is not installed"); empty when there are.
  std::string missing;
  /// What the median should be at least.
  double target = 0;
  double median = 0;
  double lowest = 0;
  double highest = 0;
  std::size_t rounds = 0;

  [[nodiscard]] bool met() const noexcept { return missing.empty() && median >= target; }
};

/// How the figures of a call were made, beyond what each result says.
struct run_facts {
  /// When it began, in UTC: "2026-01-31T12:00:00Z".
  std::string date;
  double rate = 0;
  std::optional<std::size_t> in_flight;
  std::uint64_t seed = 1;
  /// Functions that were drawn from; 0 = all.
  std::uint64_t hot = 0;
  std::string store = "none";
  std::string durability = "none";
};
/// Of a run that begins now.
[[nodiscard]] run_facts facts_of(const settings& how);

/// Everything a call of the program found out.
struct report {
  bench::machine machine;
  bench::build build;
  std::vector<result> results;
  std::vector<ratio> ratios;
  run_facts run = {};
};

/// Machine, build, settings, and what is wrong with them. `sizes`: when there are several
/// populations, all of them.
void print_header(std::ostream& out, const report& all, const settings& how,
                  const std::vector<std::uint64_t>& sizes = {}, std::size_t repeat = 1);
void print_table(std::ostream& out, const std::vector<result>& results);
/// The targets of a result, a line each, met or missed.
void print_targets(std::ostream& out, const result& of);
void print_ratios(std::ostream& out, const std::vector<ratio>& ratios);

/// The version of the files `to_json` makes: the member `version`.
inline constexpr int json_version = 1;

/// {"version": 1, "results": [...]}; of comparisons also "ratios". `read_result_file` reads it.
[[nodiscard]] std::string to_json(const report& all);

/// 1234567.8 as "1,234,568".
[[nodiscard]] std::string with_commas(double value);

}  // namespace bench
