#include "page/page.hpp"

#include "bench/result_file_sample.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace bench;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string page_of(std::vector<file_row> rows, std::vector<file_ratio> ratios = {}) {
  return to_html(
      facts_from(std::vector<result_file>{{"a.json", std::move(rows), std::move(ratios)}}));
}

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

std::size_t count(const std::string& page, const std::string& part) {
  std::size_t found = 0;
  for (auto at = page.find(part); at != std::string::npos; at = page.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the page names machine, commit, build, store and threads", "[bench][page]") {
  const auto page = page_of({row_of("invoke", 1'000'000, 7'356'878)});
  for (const auto* part : {"2 cores", "abc", "Release, g++ 12", "Store", "none", "Threads",
                           "closed loop", "a.json", "1 M", "7.36 M/s", "7,356,878", "232 B"}) {
    CHECK_THAT(page, ContainsSubstring(part));
  }
}

TEST_CASE("whatever a file says is text on the page", "[bench][page]") {
  auto evil = row_of("<script>alert(1)</script>", 1000, 100);
  evil.machine = "\"><img src=x onerror=alert(1)>";
  evil.commit = "]]></style>";
  evil.store = "<u>";
  evil.date = "<i>";
  evil.build->warnings = {"<b>"};
  const auto page = page_of({evil}, {{"<s>", "<q>", "<a>", 0, 0, 0, 0}});
  for (const auto* part :
       {"<script", "<img", "<u>", "<i>", "<b>", "<s>", "<q>", "<a>", "]]></style>"}) {
    CHECK_FALSE(has(page, part));
  }
  CHECK(has(page, "&lt;script&gt;"));
}

TEST_CASE("the page refers to nothing outside of itself", "[bench][page]") {
  const auto page = page_of({row_of("invoke", 1000, 100), row_of("invoke", 100'000, 90)});
  for (const auto* part : {"http://", "https://", "<script", "<link", "url(", "@import", "src="}) {
    CHECK_FALSE(has(page, part));
  }
}

TEST_CASE("there is a section for what was measured, and a hint for what was not",
          "[bench][page]") {
  const auto little = page_of({row_of("step", 0, 1e8)});
  CHECK(has(little, "id=\"throughput\""));
  CHECK(has(little, "id=\"latency\""));
  for (const auto* part : {"id=\"memory\"", "id=\"growth\"", "id=\"ratios\"", "id=\"all\""}) {
    CHECK_FALSE(has(little, part));
  }
  CHECK(has(little, "fsm-bench peers"));
  CHECK(has(little, "--functions 1000,"));
  const auto all = page_of({row_of("invoke", 1000, 100), row_of("invoke", 100'000, 90)},
                           {{"invoke", "probe", "", 0.5, 0.4, 0.6, 5}});
  for (const auto* part : {"memory", "growth", "ratios", "all"}) {
    CHECK(has(all, std::string{"id=\""} + part + "\""));
  }
  CHECK_FALSE(has(all, "fsm-bench peers"));
}

TEST_CASE("every chart has words and a table for those who do not see it", "[bench][page]") {
  const auto page = page_of({row_of("invoke", 1000, 100), row_of("invoke", 100'000, 90)},
                            {{"invoke", "probe", "", 0.5, 0.4, 0.6, 5}});
  CHECK(count(page, "class=\"rows\"") == 4);
  CHECK(count(page, "aria-labelledby=\"throughput-chart\"") == 1);
  CHECK(count(page, "class=\"panel\"") == 3);
  CHECK(count(page, "aria-label=\"invoke: ") == 3);
  CHECK(count(page, "<table>") == 6);
  CHECK(count(page, "<table>") == count(page, "<caption>"));
}

TEST_CASE("what was not measured has no mark", "[bench][page]") {
  auto silent = row_of("invoke", 1000, 0);
  silent.latency_us = {};
  silent.bytes_per_function = 0;
  const auto page = page_of({silent});
  CHECK_FALSE(has(page, "class=\"mark\""));
  CHECK_FALSE(has(page, "id=\"latency\""));
  CHECK_FALSE(has(page, "nan"));
  CHECK_FALSE(has(page, "inf%"));
}

TEST_CASE("a ratio stands next to its target", "[bench][page]") {
  const auto page =
      page_of({row_of("invoke", 1000, 5)},
              {{"invoke", "probe", "", 0.5, 0.4, 0.6, 5, 0.7}, {"step", "x", "", 4, 3, 5, 5, 2}});
  CHECK(has(page, "≥ 0.7×: missed"));
  CHECK(has(page, "≥ 2×: met"));
  CHECK_FALSE(
      has(page_of({row_of("invoke", 1000, 5)}, {{"invoke", "probe", "", 1, 1, 1, 5}}), "missed"));
}

TEST_CASE("a peer that is missing is said", "[bench][page]") {
  const auto page = page_of({row_of("create", 1000, 5)},
                            {{"create", "erlang", "erl is not installed", 0, 0, 0, 0}});
  CHECK(has(page, "erl is not installed"));
}
