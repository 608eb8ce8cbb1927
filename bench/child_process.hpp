#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace bench {

/// Another program, run in a process group of its own and spoken to in lines. Its errors go where
/// ours go. Whatever of its group still runs when this object goes is killed. One thread.
class child_process {
public:
  /// Starts `arguments[0]`, looked up in PATH. `name` is what errors call it. Throws
  /// `std::runtime_error` when it cannot be started.
  child_process(std::string name, const std::vector<std::string>& arguments);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  /// Writes a line to its stdin. Throws `std::runtime_error` when it does not read.
  void write_line(std::string_view line);

  /// The next line of its stdout, without its end. Nothing: there is no more, or somebody has
  /// interrupted us. Throws `std::runtime_error` when `patience` is over, or when a line is longer
  /// than `line_length_max`.
  [[nodiscard]] std::optional<std::string> read_line(std::chrono::milliseconds patience);

  /// Kills it with SIGKILL, and waits until it is gone.
  void kill_now();

  /// How it ended: 0 = well. One that has closed its stdout and does not end is killed. Call it
  /// when there are no more lines.
  [[nodiscard]] int wait();

  static constexpr std::size_t line_length_max = 4096;

private:
  [[nodiscard]] bool read_more(std::chrono::milliseconds patience);

  std::string name_;
  pid_t pid_ = -1;
  int stdin_ = -1;
  int stdout_ = -1;
  std::string unread_;
  bool ended_ = false;
};

/// Where `program` is, by PATH; empty when it is nowhere.
[[nodiscard]] std::string find_program(std::string_view program);

/// Values of a line "NAME VALUE NAME VALUE ...", which must have exactly these names in this order
/// and numbers that are not negative. Throws `std::runtime_error` that quotes the line otherwise.
[[nodiscard]] std::vector<double> parse_values(std::string_view line,
                                               const std::vector<std::string_view>& names);

}  // namespace bench
