#pragma once

#include "described_population.hpp"
#include "storage.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// What a run is to be like. The flags of the same names.
struct settings {
  std::uint64_t functions = 1'000'000;
  std::size_t threads = 0;  ///< At least 1 once parsed.
  double seconds = 5;
  double rate = 0;
  std::optional<std::size_t> in_flight;  ///< Not given: each scenario's own default.
  std::uint64_t seed = 1;
  /// Functions that are drawn from; 0 = all.
  std::uint64_t hot = 0;
  /// Names per call of a batch.
  std::size_t batch = 64;
  /// Where the results go: a file, "-" = stdout, empty = nowhere.
  std::string json_file;
  bench::storage storage{};
  /// fsm-bench itself, for scenarios that need another process of it.
  std::string program = "/proc/self/exe";
  /// What `mixed` draws from: a file; empty = the default.
  std::string population_file;
  described_population population{};
};

/// `fsm-bench report`: a page from result files.
struct report_call {
  std::vector<std::string> files;
  std::string output;  ///< "-" = stdout.
};

/// `fsm-bench compare`: two result files, row by row.
struct compare_call {
  std::string before;
  std::string after;
  double fail_below = 0;  ///< The smallest ratio that passes. 0 = all do.
  std::string json_file;  ///< As in `settings`.
};

/// `recover_load`: see recover_load.hpp; not for users.
enum class command { list, run, peers, report, compare, recover_load, help };

/// A call of the program.
struct invocation {
  bench::command command = command::run;
  std::vector<std::string> scenarios;
  /// For `peers`: these comparisons only; empty = all.
  std::vector<std::string> only;
  bench::settings settings;
  /// Populations to measure each scenario with, `settings.functions` the first of them. At least
  /// one.
  std::vector<std::uint64_t> sizes{bench::settings{}.functions};
  /// How often each is measured, in turn.
  std::size_t repeat = 1;
  report_call report;
  compare_call compare;
  /// For `help`.
  std::string help_text;
};

/// A call that makes no sense: one line that names what is wrong. The program exits with 2.
class usage_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Reads the arguments (without the program's name). No arguments: the default suite, `run step
/// create invoke message`. Throws `usage_error`.
[[nodiscard]] invocation parse(std::span<const char* const> arguments);

/// "1000,100000" as numbers. Throws `usage_error` when one is none, out of range or there twice.
[[nodiscard]] std::vector<std::uint64_t> parse_sizes(const std::string& list);

/// Functions there can be: what a runtime can hold.
inline constexpr std::uint64_t functions_max = std::uint64_t{1} << 26;
inline constexpr std::size_t sizes_max = 32;
inline constexpr std::size_t repeat_max = 1000;

}  // namespace bench
