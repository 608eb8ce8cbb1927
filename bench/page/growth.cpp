// How figures change with the number of functions.
#include "compare.hpp"
#include "page/charts.hpp"
#include "page/format.hpp"
#include "page/markup.hpp"
#include "page/sections.hpp"
#include "report.hpp"

#include <algorithm>
#include <limits>

namespace bench {
namespace {

/// One measure of growth: what is drawn over the number of functions.
struct measure {
  const char* heading;
  double (*value)(const reduced_row& row, const reduced_row& smallest);
  std::string (*text)(double value);
  std::string (*tick_text)(double value);
  bool from_zero;
};

double relative_speed(const reduced_row& row, const reduced_row& smallest) {
  const double base = smallest.ops_per_second.median;
  return base > 0 ? row.ops_per_second.median / base : 0;
}

constexpr measure measures[]{
    {"Operations per second, relative to the smallest population", relative_speed, ratio_text,
     count_text, true},
    {"Operations per second",
     [](const reduced_row& row, const reduced_row&) { return row.ops_per_second.median; },
     rate_text, count_text, false},
    {"Bytes per function",
     [](const reduced_row& row, const reduced_row&) { return row.bytes_per_function; }, bytes_text,
     count_text, false},
};

key_differences differences(const std::vector<growth_series>& all) {
  std::vector<row_key> keys;
  keys.reserve(all.size());
  for (const auto& each : all) keys.push_back(each.key);
  auto which = bench::differences(std::span<const row_key>{keys});
  which.functions = false;
  return which;
}

panel to_panel(const growth_series& series, const measure& what, std::vector<std::string> details) {
  panel made{series.key.scenario, std::move(details), {}, {}, {}, {}};
  for (const auto& each : series.points) {
    const double value = what.value(each, series.points.front());
    if (value > 0) made.points.emplace_back(static_cast<double>(each.key.functions), value);
  }
  if (made.points.empty()) return made;
  const auto& [fewest, first] = made.points.front();
  const auto& [most, last] = made.points.back();
  made.first_text = what.text(first);
  made.last_text = what.text(last);
  made.description = series.key.scenario + ": " + made.first_text + " with " + count_text(fewest) +
                     " functions, " + made.last_text + " with " + count_text(most);
  return made;
}

/// Empty when no series has anything to show.
std::string draw_measure(const measure& what, const page_facts& facts) {
  const auto which = differences(facts.growth);
  std::vector<panel> panels;
  double fewest = std::numeric_limits<double>::max();
  double most = 0;
  double lowest = std::numeric_limits<double>::max();
  double highest = 0;
  for (const auto& series : facts.growth) {
    auto made = to_panel(series, what, details_of(series.key, series.source, which, facts));
    if (made.points.size() < 2) continue;
    for (const auto& [functions, value] : made.points) {
      fewest = std::min(fewest, functions);
      most = std::max(most, functions);
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
    panels.push_back(std::move(made));
  }
  if (panels.empty()) return {};
  const bool linear = what.from_zero || highest < 4 * lowest;
  const panel_chart chart{
      scale::logarithmic(fewest, most),
      linear ? scale::linear(highest, 3) : scale::logarithmic(lowest, highest, 5),
      count_text,
      what.tick_text,
      what.from_zero ? std::optional{1.0} : std::nullopt,
      std::move(panels)};
  return element("h3", {}, escaped(what.heading)) + draw(chart);
}

html_table to_table(const page_facts& facts) {
  const auto which = differences(facts.growth);
  const auto conditions_of = [&](const growth_series& series) {
    return joined(details_of(series.key, series.source, which, facts));
  };
  const bool any = std::any_of(facts.growth.begin(), facts.growth.end(),
                               [&](const auto& each) { return !conditions_of(each).empty(); });
  html_table table{"Growth", {"scenario"}, any ? std::size_t{2} : 1, {}};
  if (any) table.heads.emplace_back("conditions");
  for (const auto* head : {"functions", "operations/s", "relative", "p50", "p99"}) {
    table.heads.emplace_back(head);
  }
  table.heads.emplace_back("bytes/function");
  for (const auto& series : facts.growth) {
    for (const auto& row : series.points) {
      auto& cells = table.rows.emplace_back();
      cells.push_back(series.key.scenario);
      if (any) cells.push_back(conditions_of(series));
      cells.push_back(with_commas(static_cast<double>(row.key.functions)));
      cells.push_back(with_commas(row.ops_per_second.median));
      cells.push_back(ratio_text(relative_speed(row, series.points.front())));
      cells.push_back(duration_text(row.latency_us.p50));
      cells.push_back(duration_text(row.latency_us.p99));
      cells.push_back(row.bytes_per_function > 0 ? with_commas(row.bytes_per_function) : "–");
    }
  }
  return table;
}

}  // namespace

std::string growth_section(const page_facts& facts) {
  if (facts.growth.empty()) return {};
  std::string charts;
  for (const auto& each : measures) charts += draw_measure(each, facts);
  return element("section", {{"id", "growth"}, {"aria-labelledby", "growth-title"}},
                 element("h2", {{"id", "growth-title"}}, "Growth") +
                     element("p", {{"class", "lead"}},
                             escaped("The same with more and more functions, which are on a "
                                     "logarithmic axis. Each panel shows one scenario, with the "
                                     "others behind it, over the same axes.")) +
                     charts + to_html(to_table(facts))) +
         '\n';
}

}  // namespace bench
