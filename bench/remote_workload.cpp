#include "remote_workload.hpp"

#include "interrupt.hpp"

#include <stdexcept>

namespace bench {
namespace {

/// More than any peer samples.
constexpr double samples_max = 1e8;

}  // namespace

remote_workload::remote_workload(const remote_program& program)
    : program_{program}, child_{program.name, program.arguments} {
  const auto ready = read_values(program.start_patience, {"functions", "rss_bytes"});
  if (interrupted()) return;
  functions_ = static_cast<std::uint64_t>(ready[0]);
  rss_bytes_ = static_cast<std::uint64_t>(ready[1]);
}

measurement remote_workload::measure(const pace& how) {
  measurement out;
  if (interrupted()) return out;
  child_.write_line("round " + program_.scenario + ' ' + std::to_string(how.seconds));
  const auto time =
      std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(how.seconds));
  const auto got = read_values(time + program_.round_patience,
                               {"ops", "seconds", "samples", "bytes_per_function", "rss_bytes"});
  if (interrupted()) return out;
  if (got[2] > samples_max) throw std::runtime_error{program_.name + " has too many samples"};
  out.ops = static_cast<std::uint64_t>(got[0]);
  out.seconds = got[1];
  bytes_per_function_ = got[3];
  rss_bytes_ = static_cast<std::uint64_t>(got[4]);
  for (auto left = static_cast<std::uint64_t>(got[2]); left > 0; --left) {
    const auto sample = read_values(program_.round_patience, {"latency_ns"});
    if (interrupted()) break;
    out.latency.add(nanoseconds{sample[0]});
  }
  return out;
}

/// Without meaning when interrupted.
std::vector<double> remote_workload::read_values(std::chrono::milliseconds patience,
                                                 const std::vector<std::string_view>& names) {
  const auto line = child_.read_line(patience);
  if (interrupted()) return std::vector<double>(names.size());
  if (!line) {
    throw std::runtime_error{program_.name + " ended early, with exit code " +
                             std::to_string(child_.wait())};
  }
  try {
    return parse_values(*line, names);
  } catch (const std::runtime_error& wrong) {
    throw std::runtime_error{program_.name + ": " + wrong.what()};
  }
}

}  // namespace bench
