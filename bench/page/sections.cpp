#include "page/sections.hpp"

#include "compare.hpp"
#include "page/charts.hpp"
#include "page/format.hpp"
#include "page/markup.hpp"
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bench {
namespace {

/// The lowest and the highest of some values above 0.
struct extent {
  double lowest = std::numeric_limits<double>::max();
  double highest = 0;

  void add(double value) {
    if (!(value > 0)) return;
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  [[nodiscard]] bool empty() const { return highest <= 0; }
};

std::string factor_text(double ratio) { return ratio_text(ratio) + "×"; }
std::string tick_factor_text(double ratio) { return count_text(ratio) + "×"; }

std::string functions_text(const row_key& key) {
  return key.functions == 0 ? "–" : with_commas(static_cast<double>(key.functions));
}

std::string runs_text(const reduced_row& row) {
  if (row.runs == 1) return "1";
  return std::to_string(row.runs) + " (" + with_prefix(row.ops_per_second.lowest) + " – " +
         with_prefix(row.ops_per_second.highest) + ")";
}

std::string latency_text(double microseconds) {
  return microseconds > 0 ? duration_text(microseconds) : "–";
}

std::string section(const std::string& id, const std::string& heading, const std::string& lead,
                    const std::string& chart, const std::string& table) {
  const auto title = id + "-title";
  return element("section", {{"id", id}, {"aria-labelledby", title}},
                 element("h2", {{"id", title}}, escaped(heading)) +
                     element("p", {{"class", "lead"}}, escaped(lead)) + chart + table) +
         '\n';
}

/// A chart under the line that says what its marks are.
std::string figure_element(const std::string& key, const std::string& chart) {
  const auto caption = key.empty() ? key : element("figcaption", {{"class", "legend"}}, key);
  return element("figure", {}, caption + chart);
}

std::string key_entry(shape form, const char* meaning) {
  return element("span", {}, draw_key(form) + escaped(meaning));
}

/// "highest and lowest" for those who do not see the chart.
std::string extremes(const std::vector<page_row>& rows, double (*value)(const reduced_row&),
                     std::string (*text)(double)) {
  const auto less = [&](const page_row& left, const page_row& right) {
    return value(left.row) < value(right.row);
  };
  const auto [lowest, highest] = std::minmax_element(rows.begin(), rows.end(), less);
  const auto says = [&](const page_row& row) {
    return text(value(row.row)) + " (" + row.row.key.scenario + ")";
  };
  if (rows.size() == 1) return says(*lowest);
  return "from " + says(*lowest) + " to " + says(*highest);
}

/// Where the charts leave something out.
std::string about_sizes(const page_facts& facts) {
  return facts.largest.size() == facts.rows.size() ? ""
                                                   : " Of each scenario, the largest population.";
}

void add_throughput(row_table& table) {
  table.add("threads", [](const reduced_row& row) { return std::to_string(row.key.threads); });
  table.add("operations/s",
            [](const reduced_row& row) { return with_commas(row.ops_per_second.median); });
  table.add("runs", runs_text);
}

void add_latencies(row_table& table) {
  const auto add = [&](const char* head, double latencies::*which) {
    table.add(head,
              [which](const reduced_row& row) { return latency_text(row.latency_us.*which); });
  };
  add("p50", &latencies::p50);
  add("p90", &latencies::p90);
  add("p99", &latencies::p99);
  add("p99.9", &latencies::p999);
  add("max", &latencies::max);
}

std::string size_text(const reduced_row& row) {
  return row.bytes_per_function > 0 ? with_commas(row.bytes_per_function) : "–";
}

double speed_of(const reduced_row& row) { return row.ops_per_second.median; }
double bytes_of(const reduced_row& row) { return row.bytes_per_function; }

}  // namespace

std::vector<std::string> details_of(const row_key& key, std::size_t source,
                                    const key_differences& which, const page_facts& facts) {
  std::vector<std::string> words;
  if (facts.sources.size() > 1) words.push_back("source " + source_name(source));
  if (is_peer(facts, key.scenario)) words.emplace_back("peer");
  for (auto& each : words_for(key, which)) words.push_back(std::move(each));
  return words;
}

row_table::row_table(std::string caption, const std::vector<page_row>& rows,
                     const page_facts& facts)
    : rows_{rows}, table_{std::move(caption), {"scenario"}, 1, {}} {
  auto which = differences(rows);
  which.functions = false;  // They have a column of their own.
  std::vector<std::string> conditions;
  conditions.reserve(rows.size());
  for (const auto& [row, source] : rows) {
    conditions.push_back(joined(details_of(row.key, source, which, facts)));
  }
  const bool any = std::any_of(conditions.begin(), conditions.end(),
                               [](const std::string& each) { return !each.empty(); });
  if (any) {
    table_.heads.emplace_back("conditions");
    table_.words = 2;
  }
  table_.heads.emplace_back("functions");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& cells = table_.rows.emplace_back();
    cells.push_back(rows[i].row.key.scenario);
    if (any) cells.push_back(conditions[i]);
    cells.push_back(functions_text(rows[i].row.key));
  }
}

std::string to_html(const html_table& table) {
  const auto is_number = [&](std::size_t column) { return column >= table.words; };
  std::string heads;
  for (std::size_t i = 0; i < table.heads.size(); ++i) {
    heads += element("th", {{"scope", "col"}, {"class", is_number(i) ? "number" : "word"}},
                     escaped(table.heads[i]));
  }
  std::string rows;
  for (const auto& each : table.rows) {
    std::string cells = element("th", {{"scope", "row"}}, escaped(each.front()));
    for (std::size_t i = 1; i < each.size(); ++i) {
      cells += element("td", {{"class", is_number(i) ? "number" : "word"}}, escaped(each[i]));
    }
    rows += element("tr", {}, cells) + '\n';
  }
  // A table wider than a telephone scrolls by itself; the keyboard reaches it, too.
  return element(
      "div",
      {{"class", "scroll"}, {"role", "region"}, {"tabindex", "0"}, {"aria-label", table.caption}},
      element("table", {},
              element("caption", {}, escaped(table.caption)) +
                  element("thead", {}, element("tr", {}, heads)) + element("tbody", {}, rows)));
}

std::string throughput_section(const page_facts& facts) {
  extent range;
  for (const auto& [row, source] : facts.largest) {
    range.add(row.ops_per_second.lowest);
    range.add(row.ops_per_second.highest);
  }
  const auto which = differences(facts.largest);
  row_chart chart{"throughput",
                  "Operations per second on a logarithmic axis, " +
                      extremes(facts.largest, speed_of, rate_text) + ". The table has every value.",
                  scale::logarithmic(range.lowest, range.highest),
                  count_text,
                  {},
                  {}};
  bool has_spread = false;
  for (const auto& [row, source] : facts.largest) {
    const auto& speed = row.ops_per_second;
    chart_row shown{row.key.scenario,
                    details_of(row.key, source, which, facts),
                    {},
                    {},
                    {rate_text(speed.median)}};
    if (speed.median > 0) shown.marks = {{speed.median, shape::disc}};
    if (row.runs > 1) {
      has_spread = true;
      shown.span = {speed.lowest, speed.highest};
      shown.values.push_back(with_prefix(speed.lowest) + " – " + with_prefix(speed.highest));
    }
    chart.rows.push_back(std::move(shown));
  }
  row_table table{"Throughput", facts.largest, facts};
  add_throughput(table);
  const std::string spread =
      has_spread ? " Lines reach from the slowest to the fastest run; dots are medians." : "";
  return section("throughput", "Throughput",
                 "Operations per second over all threads, on a logarithmic axis." + spread +
                     about_sizes(facts),
                 figure_element("", draw(chart)), table.to_html());
}

namespace {

/// "met" or "missed"; without a target "–".
std::string verdict_on(const file_ratio& ratio) {
  if (!(ratio.target > 0)) return "–";
  return ratio.met() ? "met" : "missed";
}

chart_row ratio_chart_row(const file_ratio& ratio, const std::string& peer) {
  chart_row shown{ratio.scenario, {"to " + peer}, {}, {}, {}};
  if (!ratio.missing.empty()) {
    shown.values = {"–", ratio.missing.size() > 24 ? "not measured" : ratio.missing};
    return shown;
  }
  if (ratio.target > 0) shown.marks.push_back({ratio.target, shape::tick});
  if (ratio.median > 0) shown.marks.push_back({ratio.median, shape::disc});
  if (ratio.lowest > 0) shown.span = {ratio.lowest, ratio.highest};
  shown.values = {factor_text(ratio.median),
                  ratio_text(ratio.lowest) + " – " + ratio_text(ratio.highest)};
  if (ratio.target > 0) {
    shown.values.push_back("≥ " + tick_factor_text(ratio.target) + ": " + verdict_on(ratio));
  }
  return shown;
}

std::vector<std::string> ratio_cells(const file_ratio& ratio, const std::string& peer) {
  if (!ratio.missing.empty()) {
    return {ratio.scenario, peer, ratio.missing, "–", "–", "–", "–", "–"};
  }
  return {ratio.scenario,
          peer,
          verdict_on(ratio),
          factor_text(ratio.median),
          ratio.target > 0 ? tick_factor_text(ratio.target) : "–",
          ratio_text(ratio.lowest),
          ratio_text(ratio.highest),
          std::to_string(ratio.rounds)};
}

}  // namespace

std::string ratio_section(const page_facts& facts) {
  if (facts.ratios.empty()) return {};
  extent range;
  range.add(1);
  html_table table{
      "Ratios to peers",
      {"scenario", "peer", "target is", "ratio", "target", "lowest", "highest", "rounds"},
      3,
      {}};
  std::vector<chart_row> rows;
  for (const auto& [ratio, source] : facts.ratios) {
    const auto whose = facts.sources.size() > 1 ? " (source " + source_name(source) + ")" : "";
    if (ratio.missing.empty()) {
      for (const double each : {ratio.lowest, ratio.median, ratio.highest}) range.add(each);
      if (ratio.target > 0) range.add(ratio.target);
    }
    rows.push_back(ratio_chart_row(ratio, ratio.peer + whose));
    table.rows.push_back(ratio_cells(ratio, ratio.peer + whose));
  }
  const row_chart chart{"ratios",
                        "Ratios of operations per second to those of peers, on a logarithmic axis "
                        "with a line at 1, where both are equally fast. The table has every value.",
                        scale::logarithmic(range.lowest, range.highest, 6),
                        tick_factor_text,
                        1.0,
                        std::move(rows)};
  const auto key = key_entry(shape::disc, "median") + key_entry(shape::tick, "target");
  return section("ratios", "Next to peers",
                 "Operations per second divided by those of a peer that did the same work in the "
                 "same run, in turns. Right of 1×: faster than the peer. Dots are medians of the "
                 "rounds, lines reach from the lowest to the highest.",
                 figure_element(key, draw(chart)), to_html(table));
}

namespace {

chart_row latency_row(const page_row& from, const key_differences& which, const page_facts& facts) {
  const auto& latency = from.row.latency_us;
  chart_row shown{
      from.row.key.scenario, details_of(from.row.key, from.source, which, facts), {}, {}, {}};
  if (!(latency.max > 0)) {
    shown.values = {"–", "not measured"};
    return shown;
  }
  shown.span = {latency.p50, latency.max};
  shown.marks = {{latency.max, shape::ring},
                 {latency.p90, shape::tick},
                 {latency.p999, shape::tick},
                 {latency.p99, shape::diamond},
                 {latency.p50, shape::disc}};
  shown.values = {duration_text(latency.p50), "p99 " + duration_text(latency.p99),
                  "max " + duration_text(latency.max)};
  return shown;
}

}  // namespace

std::string latency_section(const page_facts& facts) {
  extent range;
  for (const auto& [row, source] : facts.largest) {
    range.add(row.latency_us.p50);
    range.add(row.latency_us.max);
  }
  if (range.empty()) return {};
  const auto which = differences(facts.largest);
  row_chart chart{"latency",
                  "Latency percentiles on a logarithmic axis; the median is " +
                      extremes(
                          facts.largest, [](const reduced_row& row) { return row.latency_us.p50; },
                          duration_text) +
                      ". The table has every value.",
                  scale::logarithmic(range.lowest, range.highest),
                  round_duration_text,
                  {},
                  {}};
  for (const auto& each : facts.largest) chart.rows.push_back(latency_row(each, which, facts));
  row_table table{"Latency", facts.largest, facts};
  add_latencies(table);
  const auto key = key_entry(shape::disc, "p50") + key_entry(shape::tick, "p90, p99.9") +
                   key_entry(shape::diamond, "p99") + key_entry(shape::ring, "longest");
  return section("latency", "Latency",
                 "How long one operation takes, on a logarithmic axis. In a closed loop these are "
                 "the latencies of a saturated system; at a rate they count from the intended "
                 "start." +
                     about_sizes(facts),
                 figure_element(key, draw(chart)), table.to_html());
}

std::string memory_section(const page_facts& facts) {
  std::vector<page_row> rows;
  extent range;
  for (const auto& each : facts.largest) {
    if (each.row.key.functions == 0 || !(each.row.bytes_per_function > 0)) continue;
    rows.push_back(each);
    range.add(each.row.bytes_per_function);
  }
  if (rows.empty()) return {};
  const auto which = differences(rows);
  row_chart chart{"memory",
                  "Bytes per function, " + extremes(rows, bytes_of, bytes_text) +
                      ". The table has every value.",
                  scale::linear(range.highest, 4),
                  [](double value) { return with_commas(value); },
                  {},
                  {}};
  for (const auto& [row, source] : rows) {
    chart.rows.push_back({row.key.scenario,
                          details_of(row.key, source, which, facts),
                          {{row.bytes_per_function, shape::bar}},
                          {},
                          {bytes_text(row.bytes_per_function)}});
  }
  row_table table{"Memory", rows, facts};
  table.add("bytes/function", size_text);
  return section("memory", "Memory",
                 "Growth of resident memory while the functions were created, by their number: "
                 "record, name and every index." +
                     about_sizes(facts),
                 figure_element("", draw(chart)), table.to_html());
}

std::string complete_section(const page_facts& facts) {
  if (facts.largest.size() == facts.rows.size()) return {};
  row_table table{"Every measurement", facts.rows, facts};
  add_throughput(table);
  add_latencies(table);
  table.add("bytes/function", size_text);
  return section("all", "All figures", "Every scenario with every population.", {},
                 table.to_html());
}

}  // namespace bench
