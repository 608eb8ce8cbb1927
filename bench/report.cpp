#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iomanip>
#include <ostream>

namespace bench {
namespace {

/// Three significant digits: 0.00312, 4.57, 1250.
std::string short_number(double value) {
  char text[32];
  const int digits =
      value <= 0 ? 1 : std::max(0, 2 - static_cast<int>(std::floor(std::log10(value))));
  std::snprintf(text, sizeof text, "%.*f", std::min(digits, 5), value);
  return text;
}

/// Targets are round: 0.5, 10.
std::string short_target(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

struct column {
  const char* head;
  int width;
};
constexpr std::array<column, 11> columns{{{"scenario", -16},
                                          {"functions", 11},
                                          {"threads", 8},
                                          {"ops/s", 14},
                                          {"p50 us", 10},
                                          {"p90 us", 10},
                                          {"p99 us", 10},
                                          {"p99.9 us", 10},
                                          {"max us", 11},
                                          {"bytes/function", 15},
                                          {"rss MiB", 9}}};

/// The first column is at least `name_width` wide.
void print_cells(std::ostream& out, const std::array<std::string, columns.size()>& cells,
                 std::size_t name_width) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const int width =
        i == 0 ? std::min(columns[i].width, -static_cast<int>(name_width)) : columns[i].width;
    out << (width < 0 ? std::left : std::right) << std::setw(std::abs(width)) << cells[i];
  }
  out << '\n';
}

/// "1,000, 100,000 and 10,000,000".
std::string sizes_text(const settings& how, const std::vector<std::uint64_t>& sizes) {
  auto text = with_commas(static_cast<double>(sizes.empty() ? how.functions : sizes.front()));
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    text += i + 1 == sizes.size() ? " and " : ", ";
    text += with_commas(static_cast<double>(sizes[i]));
  }
  return text;
}

}  // namespace

std::string with_commas(double value) {
  auto text = std::to_string(std::llround(value));
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

void print_header(std::ostream& out, const report& all, const settings& how,
                  const std::vector<std::uint64_t>& sizes, std::size_t repeat) {
  out << "fsm-bench " << all.build.version << ", commit " << all.build.commit << '\n'
      << "machine  " << all.machine.to_string() << '\n'
      << "build    " << all.build.type << ", " << all.build.compiler << '\n'
      << "run      " << sizes_text(how, sizes) << " functions, " << how.threads << " threads, "
      << how.seconds << " s per scenario, ";
  if (how.rate > 0) {
    out << "open loop at " << with_commas(how.rate) << "/s";
  } else {
    out << "closed loop";
  }
  if (how.in_flight) out << ", " << *how.in_flight << " in flight per thread";
  if (how.hot > 0) out << ", " << with_commas(static_cast<double>(how.hot)) << " hot functions";
  if (repeat > 1) out << ", each " << repeat << " times in turn";
  out << ", store " << how.storage.store_name();
  if (how.storage.on_disk()) out << " (" << how.storage.durability_name() << ")";
  out << ", seed " << how.seed << '\n';
  for (const auto& warning : all.build.warnings) {
    out << "WARNING: " << warning << ": these figures say nothing about speed\n";
  }
  out << std::endl;
}

void print_table(std::ostream& out, const std::vector<result>& results) {
  std::array<std::string, columns.size()> heads;
  for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = columns[i].head;
  std::size_t name_width = 0;
  for (const auto& each : results) name_width = std::max(name_width, each.scenario.size() + 1);
  print_cells(out, heads, name_width);
  for (const auto& each : results) {
    const auto& latency = each.measured.latency;
    const bool has_functions = each.functions > 0;
    print_cells(
        out,
        {each.scenario, has_functions ? with_commas(static_cast<double>(each.functions)) : "-",
         std::to_string(each.threads), with_commas(each.ops_per_second),
         short_number(latency.quantile_us(0.5)), short_number(latency.quantile_us(0.9)),
         short_number(latency.quantile_us(0.99)), short_number(latency.quantile_us(0.999)),
         short_number(latency.max_us()),
         has_functions ? short_number(each.bytes_per_function) : "-",
         with_commas(static_cast<double>(each.rss_bytes) / (1U << 20))},
        name_width);
  }
}

void print_targets(std::ostream& out, const result& of) {
  const auto number = [](double value) {
    return std::abs(value) >= 10'000 ? with_commas(value) : short_number(value);
  };
  for (const auto& each : of.measured.more.targets) {
    out << of.scenario << ": " << each.what << ' ' << number(each.value) << ", target "
        << (each.at_most ? "<= " : ">= ")
        << (each.bound >= 10'000 ? with_commas(each.bound) : short_target(each.bound)) << ": "
        << (each.met() ? "met" : "missed") << '\n';
  }
}

void print_ratios(std::ostream& out, const std::vector<ratio>& ratios) {
  const auto print = [&out](const auto&... cells) {
    constexpr std::array widths{-36, 9, 9, 9, 8, 9, 8};
    std::size_t i = 0;
    const auto print_cell = [&](const auto& text) {
      const int width = widths[i++];
      out << (width < 0 ? std::left : std::right) << std::setw(std::abs(width)) << text;
    };
    (print_cell(cells), ...);
    out << '\n';
  };
  if (!ratios.empty()) print("comparison", "ratio", "lowest", "highest", "rounds", "target", "");
  for (const auto& each : ratios) {
    const auto name = each.scenario + " / " + each.peer;
    if (!each.missing.empty()) {
      print(name, "    " + each.missing);
      continue;
    }
    print(name, short_number(each.median), short_number(each.lowest), short_number(each.highest),
          each.rounds, ">= " + short_target(each.target), each.met() ? "met" : "missed");
  }
}

}  // namespace bench
