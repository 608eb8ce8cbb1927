#include "compare.hpp"

#include "bench/result_file_sample.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sstream>

using namespace bench;
using Catch::Matchers::ContainsSubstring;

namespace {

result_file file_of(std::vector<file_row> rows) { return {"x.json", std::move(rows), {}}; }

std::vector<file_row> runs(std::vector<double> speeds) {
  std::vector<file_row> rows;
  for (const double speed : speeds) rows.push_back(row_of("invoke", 1000, speed));
  return rows;
}

file_comparison compared(std::vector<double> before, std::vector<double> after) {
  return compare_files(file_of(runs(std::move(before))), file_of(runs(std::move(after))));
}

std::string printed(const file_comparison& what) {
  std::ostringstream out;
  print_comparison(out, what);
  return out.str();
}

}  // namespace

TEST_CASE("several runs are quoted by their median and spread", "[bench][compare]") {
  const auto odd = spread_of({3, 1, 9});
  CHECK(odd.median == 3);
  CHECK(odd.lowest == 1);
  CHECK(odd.highest == 9);
  CHECK(spread_of({4, 1, 2, 9}).median == 3);
  CHECK(spread_of({7}).median == 7);
  const auto what = compared({100, 300, 110}, {220, 200, 210});
  REQUIRE(what.rows.size() == 1);
  CHECK(what.rows.front().before.runs == 3);
  CHECK(what.rows.front().before.ops_per_second.median == 110);
  CHECK(what.rows.front().after.ops_per_second.median == 210);
}

TEST_CASE("a change inside the spread is neither a win nor a loss", "[bench][compare]") {
  CHECK(compared({100, 110, 120}, {115, 130, 140}).rows.front().verdict == verdict::within_spread);
  CHECK(compared({100, 110, 120}, {121, 130, 140}).rows.front().verdict == verdict::faster);
  CHECK(compared({100, 110, 120}, {80, 90, 99}).rows.front().verdict == verdict::slower);
  CHECK(compared({100, 120}, {110}).rows.front().verdict == verdict::within_spread);
  CHECK(compared({100}, {200}).rows.front().verdict == verdict::unknown_spread);
}

TEST_CASE("nothing is divided by nothing", "[bench][compare]") {
  const auto what = compared({0}, {100});
  CHECK(what.rows.front().verdict == verdict::no_ratio);
  CHECK_FALSE(what.rows.front().ratio);
  CHECK(what.below(10).empty());
  const auto stopped = compared({100}, {0});
  CHECK(stopped.rows.front().ratio == 0);
  CHECK(stopped.below(0.5).size() == 1);
}

TEST_CASE("rows match by everything that makes a measurement", "[bench][compare]") {
  const auto base = row_of("invoke", 1000, 100);
  const auto differs = [&](auto change) {
    auto other = base;
    change(other);
    const auto what = compare_files(file_of({base}), file_of({other}));
    return what.rows.empty() && what.only_before.size() == 1 && what.only_after.size() == 1;
  };
  CHECK_FALSE(differs([](file_row&) {}));
  CHECK(differs([](file_row& row) { row.scenario = "message"; }));
  CHECK(differs([](file_row& row) { row.functions = 2000; }));
  CHECK(differs([](file_row& row) { row.threads = 4; }));
  CHECK(differs([](file_row& row) { row.store = "rocksdb"; }));
  CHECK(differs([](file_row& row) { row.durability = "sync"; }));
  CHECK(differs([](file_row& row) { row.rate = 5000; }));
  CHECK(differs([](file_row& row) { row.in_flight = 8; }));
  CHECK(differs([](file_row& row) { row.hot = 10; }));
  CHECK(differs([](file_row& row) { row.batch = 16; }));
  CHECK_FALSE(differs([](file_row& row) { row.commit = "def"; }));
}

TEST_CASE("rows without a counterpart are said", "[bench][compare]") {
  const auto text =
      printed(compare_files(file_of({row_of("invoke", 1000, 100), row_of("create", 1000, 5)}),
                            file_of({row_of("invoke", 1000, 100), row_of("list", 1000, 7)})));
  CHECK_THAT(text, ContainsSubstring("only in old: create, 1 k functions, 5.00/s\n"));
  CHECK_THAT(text, ContainsSubstring("only in new: list, 1 k functions, 7.00/s\n"));
}

TEST_CASE("what makes figures not compare is warned of", "[bench][compare]") {
  const auto warnings = [](auto change) {
    auto other = row_of("invoke", 1000, 100);
    change(other);
    return joined(compare_files(file_of({row_of("invoke", 1000, 100)}), file_of({other})).warnings);
  };
  CHECK(warnings([](file_row&) {}).empty());
  CHECK(warnings([](file_row& row) { row.commit = "def"; }).empty());
  CHECK(warnings([](file_row& row) { row.build.reset(); }).empty());
  CHECK_THAT(warnings([](file_row& row) { row.machine = "64 cores"; }),
             ContainsSubstring("machines differ (old: 2 cores; new: 64 cores)"));
  CHECK_THAT(warnings([](file_row& row) { row.threads = 4; }),
             ContainsSubstring("numbers of threads differ (old: 2; new: 4)"));
  CHECK_THAT(warnings([](file_row& row) { row.build->type = "Debug"; }),
             ContainsSubstring("build types differ (old: Release; new: Debug)"));
  CHECK_THAT(warnings([](file_row& row) { row.build->warnings = {"assertions are on"}; }),
             ContainsSubstring("x.json: assertions are on"));
}

TEST_CASE("the rows below a limit are found", "[bench][compare]") {
  const auto what =
      compare_files(file_of({row_of("invoke", 1000, 100), row_of("create", 1000, 100)}),
                    file_of({row_of("invoke", 1000, 89), row_of("create", 1000, 90)}));
  CHECK(what.below(0).empty());
  REQUIRE(what.below(0.9).size() == 1);
  CHECK(what.below(0.9).front()->before.key.scenario == "invoke");
}

TEST_CASE("a line of the comparison has both sides", "[bench][compare]") {
  const auto text = printed(compared({100, 110, 120}, {200, 220, 240}));
  for (const auto* part : {"110/s (100 - 120)", "220/s (200 - 240)", "2.00", "faster", "3, 3",
                           "3.00 µs", "232 B", "commit abc", "Release, g++ 12"}) {
    CHECK_THAT(text, ContainsSubstring(part));
  }
  CHECK(text.find("--repeat") == std::string::npos);
  CHECK_THAT(printed(compared({100}, {200})), ContainsSubstring("--repeat"));
}

TEST_CASE("a comparison as JSON has every row", "[bench][compare]") {
  auto what = compare_files(file_of({row_of("invoke", 1000, 100), row_of("create", 9, 5)}),
                            file_of({row_of("invoke", 1000, 150)}));
  const auto file = boost::json::parse(to_json(what));
  CHECK(file.at("version") == 1);
  CHECK(file.at("old").at("file") == "x.json");
  const auto& row = file.at("rows").at(0);
  CHECK(row.at("scenario") == "invoke");
  CHECK(row.at("ratio") == 1.5);
  CHECK(row.at("verdict") == "one run each");
  CHECK(row.at("old").at("ops_per_second") == 100.0);
  CHECK(row.at("new").at("runs") == 1);
  CHECK(file.at("only_old").at(0).at("scenario") == "create");
  CHECK(file.at("only_new").as_array().empty());
}
