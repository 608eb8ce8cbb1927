#include "compare.hpp"

#include <algorithm>

namespace bench {
namespace {

template <class Text>
std::vector<std::string> each_once(const result_file& file, Text text) {
  std::vector<std::string> found;
  for (const auto& row : file.rows) {
    auto value = text(row);
    if (std::find(found.begin(), found.end(), value) == found.end()) {
      found.push_back(std::move(value));
    }
  }
  return found;
}

const reduced_row* find(const std::vector<reduced_row>& rows, const row_key& key) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const reduced_row& each) { return each.key == key; });
  return found == rows.end() ? nullptr : &*found;
}

verdict verdict_on(const reduced_row& before, const reduced_row& after) {
  const auto& was = before.ops_per_second;
  const auto& is = after.ops_per_second;
  if (was.median <= 0) return verdict::no_ratio;
  if (before.runs == 1 && after.runs == 1) return verdict::unknown_spread;
  if (was.overlaps(is)) return verdict::within_spread;
  return is.median > was.median ? verdict::faster : verdict::slower;
}

compared_row compare_rows(const reduced_row& before, const reduced_row& after) {
  compared_row made{before, after, {}, verdict_on(before, after)};
  if (made.verdict != verdict::no_ratio) {
    made.ratio = after.ops_per_second.median / before.ops_per_second.median;
  }
  return made;
}

std::vector<std::string> threads_of(const result_file& file) {
  return each_once(file, [](const file_row& row) { return std::to_string(row.threads); });
}

std::vector<std::string> build_types_of(const result_file& file) {
  return each_once(file,
                   [](const file_row& row) { return row.build ? row.build->type : std::string{}; });
}

void warn_if_differ(std::vector<std::string>& warnings, const std::string& what,
                    std::vector<std::string> before, std::vector<std::string> after,
                    const std::string& consequence) {
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  if (before == after) return;
  warnings.push_back("the " + what + " differ (old: " + joined(before) + "; new: " + joined(after) +
                     "): " + consequence);
}

void warn_of_builds(std::vector<std::string>& warnings, const result_file& file) {
  const auto of_row = [](const file_row& row) {
    return row.build ? joined(row.build->warnings) : std::string{};
  };
  for (const auto& each : each_once(file, of_row)) {
    if (!each.empty()) {
      warnings.push_back(file.path + ": " + each + ": these figures say nothing about speed");
    }
  }
}

std::vector<std::string> warnings_of(const file_comparison& what) {
  std::vector<std::string> warnings;
  warn_if_differ(warnings, "machines", machines_of(what.before), machines_of(what.after),
                 "only ratios measured on one machine say something about the program");
  const auto before = build_types_of(what.before);
  const auto after = build_types_of(what.after);
  const bool known = std::find(before.begin(), before.end(), "") == before.end() &&
                     std::find(after.begin(), after.end(), "") == after.end();
  if (known)
    warn_if_differ(warnings, "build types", before, after, "the difference may be the build's");
  warn_if_differ(warnings, "numbers of threads", threads_of(what.before), threads_of(what.after),
                 "rows with different numbers of threads are not compared");
  warn_of_builds(warnings, what.before);
  warn_of_builds(warnings, what.after);
  return warnings;
}

}  // namespace

std::string_view to_string(verdict which) {
  switch (which) {
    case verdict::faster: return "faster";
    case verdict::slower: return "slower";
    case verdict::within_spread: return "within the spread";
    case verdict::unknown_spread: return "one run each";
    case verdict::no_ratio: return "nothing to compare with";
  }
  return "";
}

std::vector<const compared_row*> file_comparison::below(double limit) const {
  std::vector<const compared_row*> found;
  for (const auto& each : rows) {
    if (each.ratio && *each.ratio < limit) found.push_back(&each);
  }
  return found;
}

file_comparison compare_files(result_file before, result_file after) {
  file_comparison made;
  made.before = std::move(before);
  made.after = std::move(after);
  const auto old_rows = reduce(made.before.rows);
  const auto new_rows = reduce(made.after.rows);
  for (const auto& each : old_rows) {
    if (const auto* const other = find(new_rows, each.key)) {
      made.rows.push_back(compare_rows(each, *other));
    } else {
      made.only_before.push_back(each);
    }
  }
  for (const auto& each : new_rows) {
    if (find(old_rows, each.key) == nullptr) made.only_after.push_back(each);
  }
  made.warnings = warnings_of(made);
  return made;
}

key_differences differences(const file_comparison& what) {
  std::vector<row_key> keys;
  for (const auto* const file : {&what.before, &what.after}) {
    for (const auto& row : file->rows) keys.push_back(key_of(row));
  }
  auto which = differences(keys);
  which.functions = true;  // So that a line says all by itself.
  return which;
}

std::string label_of(const row_key& key, const key_differences& which) {
  std::vector<std::string> parts{key.scenario};
  for (auto& each : words_for(key, which)) parts.push_back(std::move(each));
  return joined(parts);
}

std::vector<std::string> machines_of(const result_file& file) {
  return each_once(file, [](const file_row& row) { return row.machine; });
}

std::vector<std::string> commits_of(const result_file& file) {
  return each_once(file, [](const file_row& row) { return row.commit; });
}

std::vector<std::string> builds_of(const result_file& file) {
  return each_once(file, [](const file_row& row) {
    return row.build ? row.build->type + ", " + row.build->compiler : std::string{"unknown"};
  });
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string all;
  for (const auto& each : texts) {
    if (!all.empty()) all += separator;
    all += each;
  }
  return all;
}

}  // namespace bench
