#include "page/facts.hpp"

#include "bench/result_file_sample.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace bench;
using Catch::Matchers::ContainsSubstring;

namespace {

page_facts facts_of_rows(std::vector<file_row> rows) {
  return facts_from(std::vector<result_file>{{"a.json", std::move(rows), {}}});
}

}  // namespace

TEST_CASE("runs of one measurement are one row, also from several files", "[bench][page]") {
  const std::vector<result_file> files{
      {"a.json", {row_of("invoke", 1000, 100), row_of("invoke", 1000, 300)}, {}},
      {"b.json", {row_of("invoke", 1000, 200)}, {}}};
  const auto facts = facts_from(files);
  REQUIRE(facts.rows.size() == 1);
  CHECK(facts.rows.front().row.runs == 3);
  CHECK(facts.rows.front().row.ops_per_second.median == 200);
  REQUIRE(facts.sources.size() == 1);
  CHECK(facts.sources.front().files == std::vector<std::string>{"a.json", "b.json"});
  REQUIRE(facts.warnings.size() == 1);
  CHECK_THAT(facts.warnings.front(), ContainsSubstring("2 runs"));
}

TEST_CASE("different machines and commits are different sources, with a warning", "[bench][page]") {
  auto other = row_of("invoke", 1000, 200);
  other.machine = "64 cores";
  other.commit = "def";
  const auto facts =
      facts_of_rows({row_of("invoke", 1000, 100), row_of("create", 1000, 5), std::move(other)});
  CHECK(facts.sources.size() == 2);
  REQUIRE(facts.rows.size() == 3);
  CHECK(facts.rows[0].row.key.scenario == "invoke");
  CHECK(facts.rows[1].row.key.scenario == "invoke");  // Side by side.
  CHECK(facts.rows[1].source == 1);
  REQUIRE(facts.warnings.size() == 1);
  CHECK_THAT(facts.warnings.front(), ContainsSubstring("different machines and commits"));
}

TEST_CASE("one run of one machine needs no warning, a bad build does", "[bench][page]") {
  CHECK(facts_of_rows({row_of("invoke", 1000, 100)}).warnings.empty());
  auto slow = row_of("invoke", 1000, 100);
  slow.build->warnings = {"sanitizers are on"};
  const auto facts = facts_of_rows({slow});
  REQUIRE(facts.warnings.size() == 1);
  CHECK_THAT(facts.warnings.front(), ContainsSubstring("sanitizers are on"));
}

TEST_CASE("growth is what was measured with several populations", "[bench][page]") {
  const auto facts = facts_of_rows({row_of("step", 0, 9), row_of("invoke", 1'000'000, 50),
                                    row_of("invoke", 1'000, 100), row_of("create", 1'000, 5)});
  REQUIRE(facts.growth.size() == 1);
  const auto& series = facts.growth.front();
  CHECK(series.key.scenario == "invoke");
  REQUIRE(series.points.size() == 2);
  CHECK(series.points[0].key.functions == 1'000);
  CHECK(series.points[1].key.functions == 1'000'000);
  REQUIRE(facts.largest.size() == 3);  // step, invoke with a million, create.
  CHECK(facts.largest[1].row.key.functions == 1'000'000);
}

TEST_CASE("open and closed loop do not make one curve", "[bench][page]") {
  auto open = row_of("invoke", 1'000'000, 50);
  open.rate = 50;
  const auto facts = facts_of_rows({row_of("invoke", 1'000, 100), open});
  CHECK(facts.growth.empty());
  CHECK(facts.largest.size() == 2);
}

TEST_CASE("ratios of several runs have the widest spread", "[bench][page]") {
  const file_ratio one{"invoke", "probe", "", 0.5, 0.4, 0.6, 5};
  const file_ratio other{"invoke", "probe", "", 0.7, 0.65, 0.9, 5};
  const file_ratio absent{"create", "erlang", "not installed", 0, 0, 0, 0};
  const std::vector<result_file> files{{"a.json", {row_of("invoke", 1000, 1)}, {one, absent}},
                                       {"b.json", {row_of("invoke", 1000, 1)}, {other}}};
  const auto facts = facts_from(files);
  REQUIRE(facts.ratios.size() == 2);
  CHECK(facts.ratios[0].ratio.median == 0.6);
  CHECK(facts.ratios[0].ratio.lowest == 0.4);
  CHECK(facts.ratios[0].ratio.highest == 0.9);
  CHECK(facts.ratios[0].ratio.rounds == 10);
  CHECK(facts.ratios[1].ratio.missing == "not installed");
  CHECK(is_peer(facts, "invoke/probe"));
  CHECK_FALSE(is_peer(facts, "invoke"));
}

TEST_CASE("sources have short names", "[bench][page]") {
  CHECK(source_name(0) == "A");
  CHECK(source_name(25) == "Z");
  CHECK(source_name(26) == "A1");
}
