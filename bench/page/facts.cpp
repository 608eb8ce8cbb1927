#include "page/facts.hpp"

#include <algorithm>

namespace bench {
namespace {

void add_once(std::vector<std::string>& to, const std::string& text) {
  if (!text.empty() && std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
}

std::string build_text(const file_row& row) {
  return row.build ? row.build->type + ", " + row.build->compiler : "unknown";
}

/// The rows of all files by where they come from.
class sorter {
public:
  void add(const result_file& file) {
    for (const auto& row : file.rows) {
      const auto index = source_of(row);
      auto& source = sources[index];
      add_once(source.files, file.path);
      add_once(source.dates, row.date);
      if (row.build) {
        for (const auto& each : row.build->warnings) add_once(source.warnings, each);
      }
      ++source.rows;
      rows[index].push_back(row);
    }
    // A file is written by one call: its ratios come from where its first row does.
    const auto index = source_of(file.rows.front());
    for (const auto& each : file.ratios) ratios[index].push_back(each);
  }

  std::vector<figure_source> sources;
  std::vector<std::vector<file_row>> rows;
  std::vector<std::vector<file_ratio>> ratios;

private:
  std::size_t source_of(const file_row& row) {
    const auto build = build_text(row);
    const auto found = std::find_if(sources.begin(), sources.end(), [&](const auto& each) {
      return each.machine == row.machine && each.commit == row.commit && each.build == build;
    });
    if (found != sources.end()) return static_cast<std::size_t>(found - sources.begin());
    sources.push_back({row.machine, row.commit, build, {}, {}, {}, 0});
    rows.emplace_back();
    ratios.emplace_back();
    return sources.size() - 1;
  }
};

bool same_but_for_functions(const row_key& left, row_key right) {
  right.functions = left.functions;
  return left == right;
}

std::vector<growth_series> all_series(const std::vector<page_row>& rows) {
  std::vector<growth_series> found;
  for (const auto& [row, source] : rows) {
    if (row.key.functions == 0) continue;
    const auto same = std::find_if(found.begin(), found.end(), [&](const growth_series& each) {
      return each.source == source && same_but_for_functions(each.key, row.key);
    });
    auto& series = same == found.end() ? found.emplace_back(row.key, source) : *same;
    series.points.push_back(row);
  }
  for (auto& each : found) {
    std::sort(each.points.begin(), each.points.end(), [](const auto& left, const auto& right) {
      return left.key.functions < right.key.functions;
    });
    each.key.functions = each.points.front().key.functions;
  }
  return found;
}

/// In the order of the rows.
std::vector<page_row> largest_of(const std::vector<page_row>& rows) {
  std::vector<page_row> found;
  for (const auto& each : rows) {
    const bool has_larger = std::any_of(rows.begin(), rows.end(), [&](const page_row& other) {
      return other.source == each.source && other.row.key.functions > each.row.key.functions &&
             same_but_for_functions(other.row.key, each.row.key);
    });
    if (!has_larger) found.push_back(each);
  }
  return found;
}

page_ratio merged(const std::vector<const file_ratio*>& runs, std::size_t source) {
  page_ratio made{*runs.front(), source};
  std::vector<double> medians;
  for (const auto* const each : runs) {
    if (!each->missing.empty()) continue;
    if (medians.empty()) made.ratio = *each;
    medians.push_back(each->median);
    if (medians.size() == 1) continue;
    made.ratio.lowest = std::min(made.ratio.lowest, each->lowest);
    made.ratio.highest = std::max(made.ratio.highest, each->highest);
    made.ratio.rounds += each->rounds;
  }
  if (!medians.empty()) made.ratio.median = spread_of(std::move(medians)).median;
  return made;
}

void add_ratios(std::vector<page_ratio>& to, const std::vector<file_ratio>& ratios,
                std::size_t source) {
  std::vector<std::vector<const file_ratio*>> groups;
  for (const auto& each : ratios) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return group.front()->scenario == each.scenario && group.front()->peer == each.peer;
    });
    (same == groups.end() ? groups.emplace_back() : *same).push_back(&each);
  }
  for (const auto& group : groups) to.push_back(merged(group, source));
}

template <class Text>
bool differ(const std::vector<figure_source>& sources, Text text) {
  return std::any_of(sources.begin(), sources.end(), [&](const figure_source& each) {
    return each.*text != sources.front().*text;
  });
}

std::vector<std::string> warnings_of(const page_facts& facts) {
  std::vector<std::string> warnings;
  std::vector<std::string> differing;
  if (differ(facts.sources, &figure_source::machine)) differing.emplace_back("machines");
  if (differ(facts.sources, &figure_source::commit)) differing.emplace_back("commits");
  if (differ(facts.sources, &figure_source::build)) differing.emplace_back("builds");
  if (!differing.empty()) {
    std::string list = differing.front();
    for (std::size_t i = 1; i < differing.size(); ++i) {
      list += (i + 1 == differing.size() ? " and " : ", ") + differing[i];
    }
    warnings.push_back("The figures come from different " + list +
                       ". Only ratios measured in one run compare.");
  } else if (facts.files > 1) {
    warnings.push_back("The figures come from " + std::to_string(facts.files) +
                       " runs. Machines differ from hour to hour: only ratios measured in one run "
                       "compare.");
  }
  for (std::size_t i = 0; i < facts.sources.size(); ++i) {
    for (const auto& each : facts.sources[i].warnings) {
      const auto whose = facts.sources.size() > 1 ? "Source " + source_name(i) + ": " : "";
      warnings.push_back(whose + each + ". These figures say nothing about speed.");
    }
  }
  return warnings;
}

}  // namespace

std::string source_name(std::size_t index) {
  const std::string letter(1, static_cast<char>('A' + index % 26));
  return index < 26 ? letter : letter + std::to_string(index / 26);
}

bool is_peer(const page_facts& facts, const std::string& scenario) {
  return std::any_of(facts.ratios.begin(), facts.ratios.end(), [&](const page_ratio& each) {
    return scenario == each.ratio.scenario + '/' + each.ratio.peer;
  });
}

key_differences differences(const std::vector<page_row>& rows) {
  std::vector<row_key> keys;
  keys.reserve(rows.size());
  for (const auto& each : rows) keys.push_back(each.row.key);
  return differences(keys);
}

page_facts facts_from(std::span<const result_file> files) {
  sorter sorted;
  for (const auto& each : files) sorted.add(each);
  page_facts made;
  made.files = files.size();
  made.sources = std::move(sorted.sources);
  for (std::size_t i = 0; i < made.sources.size(); ++i) {
    for (auto& row : reduce(sorted.rows[i])) made.rows.push_back({std::move(row), i});
    add_ratios(made.ratios, sorted.ratios[i], i);
  }
  // The same scenario of different sources side by side.
  std::vector<std::string> order;
  for (const auto& each : made.rows) add_once(order, each.row.key.scenario);
  const auto place = [&](const page_row& row) {
    return std::find(order.begin(), order.end(), row.row.key.scenario) - order.begin();
  };
  std::stable_sort(made.rows.begin(), made.rows.end(),
                   [&](const auto& left, const auto& right) { return place(left) < place(right); });
  made.largest = largest_of(made.rows);
  made.growth = all_series(made.rows);
  std::erase_if(made.growth, [](const growth_series& each) { return each.points.size() < 2; });
  made.warnings = warnings_of(made);
  return made;
}

}  // namespace bench
