#pragma once

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
  /// Where the results go: a file, "-" = stdout, empty = nowhere.
  std::string json_file;
};

enum class command { list, run, peers, help };

/// A call of the program.
struct invocation {
  bench::command command = command::run;
  std::vector<std::string> scenarios;
  /// For `peers`: these comparisons only; empty = all.
  std::vector<std::string> only;
  bench::settings settings;
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

/// Functions there can be: what a runtime can hold.
inline constexpr std::uint64_t functions_max = std::uint64_t{1} << 26;

}  // namespace bench
