#include "page/page.hpp"

#include "compare.hpp"
#include "page/format.hpp"
#include "page/markup.hpp"
#include "page/sections.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

namespace bench {
namespace {

/// What `text` gives for each row, each once, in order.
template <class Text>
std::vector<std::string> each_once(const page_facts& facts, Text text) {
  std::vector<std::string> found;
  for (const auto& each : facts.rows) {
    auto value = text(each.row);
    if (std::find(found.begin(), found.end(), value) == found.end()) {
      found.push_back(std::move(value));
    }
  }
  return found;
}

/// "1 k, 1 M and 10 M".
std::string populations(const page_facts& facts) {
  std::set<std::uint64_t> sizes;
  for (const auto& each : facts.rows) {
    if (each.row.key.functions > 0) sizes.insert(each.row.key.functions);
  }
  if (sizes.empty()) return "none";
  constexpr std::size_t listed_max = 6;
  if (sizes.size() > listed_max) {
    return count_text(static_cast<double>(*sizes.begin())) + " to " +
           count_text(static_cast<double>(*sizes.rbegin()));
  }
  std::string text;
  for (const auto size : sizes) {
    if (!text.empty()) text += size == *sizes.rbegin() ? " and " : ", ";
    text += count_text(static_cast<double>(size));
  }
  return text;
}

/// "2026-01-31 12:00 UTC" of "2026-01-31T12:00:00Z"; anything else as it is.
std::string short_date(const std::string& date) {
  if (date.size() != 20 || date[10] != 'T' || date.back() != 'Z') return date;
  return date.substr(0, 10) + " " + date.substr(11, 5) + " UTC";
}

/// The first and the last of them: ISO dates sort as texts.
std::string period(std::vector<std::string> dates) {
  if (dates.empty()) return "unknown";
  std::sort(dates.begin(), dates.end());
  const auto first = short_date(dates.front());
  const auto last = short_date(dates.back());
  return first == last ? first : first + " to " + last;
}

std::string fact(const std::string& name, const std::string& value) {
  return element("div", {}, element("dt", {}, escaped(name)) + element("dd", {}, escaped(value)));
}

std::string conditions(const page_facts& facts) {
  const auto stores = each_once(facts, [](const reduced_row& row) { return store_text(row.key); });
  const auto threads =
      each_once(facts, [](const reduced_row& row) { return std::to_string(row.key.threads); });
  const auto loads =
      each_once(facts, [](const reduced_row& row) { return load_text(row.key.rate); });
  std::string facts_of_all = fact("Functions", populations(facts));
  facts_of_all += fact("Threads", joined(threads));
  facts_of_all += fact("Load", joined(loads));
  facts_of_all += fact("Store", joined(stores, "; "));
  return facts_of_all;
}

std::string one_source(const page_facts& facts) {
  const auto& only = facts.sources.front();
  return element("dl", {{"class", "facts"}},
                 fact("Machine", only.machine) + fact("Commit", only.commit) +
                     fact("Build", only.build) + conditions(facts) +
                     fact("Measured", period(only.dates)) +
                     fact(facts.files == 1 ? "File" : "Files", joined(only.files)));
}

std::string several_sources(const page_facts& facts) {
  html_table table{"Where the figures come from",
                   {"source", "machine", "commit", "build", "measured", "files"},
                   6,
                   {}};
  for (std::size_t i = 0; i < facts.sources.size(); ++i) {
    const auto& each = facts.sources[i];
    table.rows.push_back({source_name(i), each.machine, each.commit, each.build, period(each.dates),
                          joined(each.files)});
  }
  return element("dl", {{"class", "facts"}}, conditions(facts)) + to_html(table);
}

std::string warnings_of(const page_facts& facts) {
  std::string out;
  for (const auto& each : facts.warnings) {
    out += element("p", {{"class", "warning"}},
                   element("strong", {}, "Warning:") + ' ' + escaped(each)) +
           '\n';
  }
  return out;
}

/// "12 scenarios and 2 peers".
std::string contents(const page_facts& facts) {
  const auto names = each_once(facts, [](const reduced_row& row) { return row.key.scenario; });
  const auto peers = std::count_if(names.begin(), names.end(),
                                   [&](const std::string& each) { return is_peer(facts, each); });
  const auto scenarios = static_cast<std::ptrdiff_t>(names.size()) - peers;
  auto text = std::to_string(scenarios) + (scenarios == 1 ? " scenario" : " scenarios");
  if (peers > 0) text += " and " + std::to_string(peers) + (peers == 1 ? " peer" : " peers");
  return text;
}

std::string page_head(const page_facts& facts) {
  const auto summary = contents(facts) + ", measured with fsm-bench.";
  return element("header", {},
                 element("h1", {}, "libfsm benchmarks") +
                     element("p", {{"class", "lead"}}, escaped(summary)) + warnings_of(facts) +
                     (facts.sources.size() == 1 ? one_source(facts) : several_sources(facts))) +
         '\n';
}

/// How to get what these files do not have.
std::string absent_sections(const page_facts& facts) {
  std::string out;
  const auto hint = [&](const char* what, const char* how) {
    out += element("p", {}, std::string{what} + ' ' + element("code", {}, how));
  };
  if (facts.growth.empty()) {
    hint("No scenario was measured with several populations, so no growth is shown. To measure it:",
         "fsm-bench run invoke --functions 1000,100000,10000000");
  }
  if (facts.ratios.empty()) {
    hint("These files have no ratios to peers. To measure them:", "fsm-bench peers");
  }
  if (out.empty()) return out;
  return element("section", {{"class", "absent"}, {"aria-label", "What is not shown"}}, out);
}

}  // namespace

std::string to_html(const page_facts& facts) {
  const auto head =
      leaf("meta", {{"charset", "utf-8"}}) +
      leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
      // Whatever a file says, the page loads nothing and runs nothing.
      leaf("meta", {{"http-equiv", "Content-Security-Policy"},
                    {"content", "default-src 'none'; style-src 'unsafe-inline'"}}) +
      leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}}) +
      element("title", {}, "libfsm benchmarks") + element("style", {}, page_style());
  const auto body =
      page_head(facts) +
      element("main", {},
              '\n' + throughput_section(facts) + ratio_section(facts) + latency_section(facts) +
                  memory_section(facts) + growth_section(facts) + complete_section(facts) +
                  absent_sections(facts));
  return "<!DOCTYPE html>\n" +
         element("html", {{"lang", "en"}},
                 element("head", {}, head) + '\n' + element("body", {}, body)) +
         '\n';
}

}  // namespace bench
