// How a comparison is shown: as a table, and as JSON.
#include "compare.hpp"
#include "json_lines.hpp"
#include "page/format.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t columns = 10;
using cells = std::array<std::string, columns>;
constexpr std::size_t left_aligned[]{0, 4};

/// Characters, not bytes: µ has two of these.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string speed_text(const reduced_row& row) {
  const auto& speed = row.ops_per_second;
  auto text = rate_text(speed.median);
  if (row.runs > 1) {
    text += " (" + with_prefix(speed.lowest) + " - " + with_prefix(speed.highest) + ")";
  }
  return text;
}

std::string size_text(const reduced_row& row) {
  return row.key.functions == 0 || row.bytes_per_function <= 0 ? "-"
                                                               : bytes_text(row.bytes_per_function);
}

std::string latency_text(const reduced_row& row) {
  return row.latency_us.p99 <= 0 ? "-" : duration_text(row.latency_us.p99);
}

cells to_cells(const compared_row& row, const key_differences& which) {
  const auto runs = std::to_string(row.before.runs) + ", " + std::to_string(row.after.runs);
  return {label_of(row.before.key, which),
          speed_text(row.before),
          speed_text(row.after),
          row.ratio ? ratio_text(*row.ratio) : "-",
          std::string{to_string(row.verdict)},
          runs,
          latency_text(row.before),
          latency_text(row.after),
          size_text(row.before),
          size_text(row.after)};
}

void print_table(std::ostream& out, const std::vector<cells>& lines) {
  std::array<std::size_t, columns> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::string padding(widths[i] - width_of(line[i]), ' ');
      const bool left = std::ranges::find(left_aligned, i) != std::end(left_aligned);
      text += (i == 0 ? "" : "  ") + (left ? line[i] + padding : padding + line[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  }
}

void print_file(std::ostream& out, const char* side, const result_file& file) {
  out << side << file.path << ": commit " << joined(commits_of(file)) << "; "
      << joined(machines_of(file), "; ") << "; build " << joined(builds_of(file), "; ") << '\n';
}

void print_alone(std::ostream& out, const char* side, const std::vector<reduced_row>& rows,
                 const key_differences& which) {
  for (const auto& each : rows) {
    out << "only in " << side << ": " << label_of(each.key, which) << ", " << speed_text(each)
        << '\n';
  }
}

/// Digits beyond these are noise.
double rounded(double value, double places) {
  const double factor = std::pow(10.0, places);
  return std::round(value * factor) / factor;
}

json::object to_object(const row_key& key) {
  json::object made{{"scenario", key.scenario},     {"functions", key.functions},
                    {"threads", key.threads},       {"store", key.store},
                    {"durability", key.durability}, {"rate", key.rate}};
  if (key.in_flight) made["in_flight"] = *key.in_flight;
  if (key.hot) made["hot"] = *key.hot;
  if (key.batch) made["batch"] = *key.batch;
  return made;
}

json::object to_object(const reduced_row& row) {
  return {{"runs", row.runs},
          {"ops_per_second", rounded(row.ops_per_second.median, 1)},
          {"lowest", rounded(row.ops_per_second.lowest, 1)},
          {"highest", rounded(row.ops_per_second.highest, 1)},
          {"p99_us", rounded(row.latency_us.p99, 5)},
          {"bytes_per_function", rounded(row.bytes_per_function, 1)}};
}

json::object to_object(const compared_row& row) {
  auto made = to_object(row.before.key);
  made["old"] = to_object(row.before);
  made["new"] = to_object(row.after);
  made["ratio"] = nullptr;
  if (row.ratio) made["ratio"] = rounded(*row.ratio, 4);
  made["verdict"] = to_string(row.verdict);
  return made;
}

json::object to_object(const result_file& file) {
  const auto texts = [](const std::vector<std::string>& from) {
    return json::array(from.begin(), from.end());
  };
  return {{"file", file.path},
          {"commits", texts(commits_of(file))},
          {"machines", texts(machines_of(file))},
          {"builds", texts(builds_of(file))}};
}

}  // namespace

void print_comparison(std::ostream& out, const file_comparison& what) {
  print_file(out, "old  ", what.before);
  print_file(out, "new  ", what.after);
  for (const auto& each : what.warnings) out << "WARNING: " << each << '\n';
  out << '\n';
  const auto which = differences(what);
  if (!what.rows.empty()) {
    std::vector<cells> table{{"scenario", "old ops/s", "new ops/s", "new/old", "", "runs",
                              "old p99", "new p99", "old B/function", "new B/function"}};
    for (const auto& each : what.rows) table.push_back(to_cells(each, which));
    print_table(out, table);
  }
  print_alone(out, "old", what.only_before, which);
  print_alone(out, "new", what.only_after, which);
  const auto is_unknown = [](const compared_row& row) {
    return row.verdict == verdict::unknown_spread;
  };
  if (std::any_of(what.rows.begin(), what.rows.end(), is_unknown)) {
    out << "One run each says nothing about how far two runs lie apart: measure with --repeat 5.\n";
  }
}

std::string to_json(const file_comparison& what) {
  const auto to_row = [](const auto& row) { return to_object(row); };
  const auto to_lone_row = [](const reduced_row& row) {
    auto made = to_object(row.key);
    for (const auto& each : to_object(row)) made[each.key()] = each.value();
    return made;
  };
  return "{\"version\": 1, \"old\": " + json::serialize(to_object(what.before)) +
         ", \"new\": " + json::serialize(to_object(what.after)) + ",\n\"warnings\": " +
         json_lines(what.warnings, [](const std::string& each) { return json::value(each); }) +
         ",\n\"rows\": " + json_lines(what.rows, to_row) +
         ",\n\"only_old\": " + json_lines(what.only_before, to_lone_row) +
         ",\n\"only_new\": " + json_lines(what.only_after, to_lone_row) + "}\n";
}

}  // namespace bench
