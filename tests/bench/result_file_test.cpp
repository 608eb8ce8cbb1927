#include "result_file.hpp"

#include "bench/result_file_sample.hpp"
#include "report.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace bench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace {

/// `old_row_text()` with `from` replaced by `to`.
std::string changed(const std::string& from, const std::string& to) {
  auto text = old_row_text();
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_refused(const std::string& text, const std::string& why) {
  CHECK_THROWS_MATCHES(parse_result_file("a.json", text), usage_error, Message("a.json" + why));
}

}  // namespace

TEST_CASE("what is written is what is read", "[bench][result_file]") {
  report all;
  all.machine = {2, "a \"fast\" one", std::uint64_t{23} << 30};
  all.build = {"0.1.0", "abc123", "Release", "g++ 12", {"sanitizers are on"}};
  all.run = {"2026-01-31T12:00:00Z", 5000, 8, 7, 10};
  result one;
  one.scenario = "invoke";
  one.functions = 1'000'000;
  one.threads = 2;
  one.measured.ops = 12'345'678;
  one.measured.seconds = 5;
  one.measured.latency.add(nanoseconds{250});
  one.ops_per_second = 2'469'135.6;
  one.bytes_per_function = 231.2;
  one.rss_bytes = 300'000'000;
  one.measured.more.members.emplace_back("batch", 64.0);
  all.results.push_back(std::move(one));
  all.ratios.push_back({"message", "naive_caf", "", 4, 4.5, 4, 5, 5});
  const auto got = parse_result_file("a.json", to_json(all));
  REQUIRE(got.rows.size() == 1);
  const auto& row = got.rows.front();
  CHECK(row.scenario == "invoke");
  CHECK(row.functions == 1'000'000);
  CHECK(row.threads == 2);
  CHECK(row.store == "none");
  CHECK(row.durability == "none");
  CHECK(row.seconds == 5);
  CHECK(row.ops == 12'345'678);
  CHECK(row.ops_per_second == 2'469'135.6);
  CHECK(row.latency_us.p50 == 0.25);
  CHECK(row.latency_us.max == 0.25);
  CHECK(row.bytes_per_function == 231.2);
  CHECK(row.rss_bytes == 300'000'000);
  CHECK(row.commit == "abc123");
  CHECK(row.machine == "2 cores, a \"fast\" one, 23.0 GiB");
  CHECK(row.build == file_build{"Release", "g++ 12", {"sanitizers are on"}});
  CHECK(row.date == "2026-01-31T12:00:00Z");
  CHECK(row.rate == 5000);
  CHECK(row.in_flight == 8);
  CHECK(row.seed == 7);
  CHECK(row.hot == 10);
  CHECK(row.batch == 64);
  REQUIRE(got.ratios.size() == 1);
  CHECK(got.ratios.front().scenario == "message");
  CHECK(got.ratios.front().peer == "naive_caf");
  CHECK(got.ratios.front().median == 4.5);
  CHECK(got.ratios.front().rounds == 5);
  CHECK(got.ratios.front().target == 4);
  CHECK(got.ratios.front().met());
}

TEST_CASE("older files, unknown members and peers that are missing are read",
          "[bench][result_file]") {
  const auto old = parse_result_file("a.json", file_text(old_row_text()));
  CHECK_FALSE(old.rows.front().build);
  CHECK_FALSE(old.rows.front().in_flight);
  CHECK(old.rows.front().rate == 0);
  const auto newer = parse_result_file(
      "a.json", R"({"version":1,"other":{},"results":[)" +
                    changed("{\"scenario\"", "{\"colour\":\"red\",\"scenario\"") +
                    R"(],"ratios":[{"scenario":"create","peer":"erlang","missing":"no erl"}]})");
  CHECK(newer.ratios.front().missing == "no erl");
}

TEST_CASE("a file of another kind is refused in one line", "[bench][result_file]") {
  check_refused("", ": is empty");
  check_refused(" \n", ": is empty");
  check_refused("[1]", ": is not an object");
  check_refused("{\"version\": 1, \"results\": [", ": is not JSON: it ends too early");
  check_refused("{}", ": version is missing");
  check_refused(R"({"version": 2, "results": []})",
                ": is a result file of version 2; this program reads version 1");
  check_refused(R"({"version": "1", "results": []})",
                ": is a result file of version \"1\"; this program reads version 1");
  check_refused(R"({"version": 1})", ": results is missing");
  check_refused(R"({"version": 1, "results": {}})", ": results is not an array");
  check_refused(R"({"version": 1, "results": []})", ": has no results");
  CHECK_THROWS_MATCHES(parse_result_file("a.json", "{\n\nfly"), usage_error,
                       Catch::Matchers::MessageMatches(ContainsSubstring("a.json: is not JSON: ") &&
                                                       ContainsSubstring("in line 3")));
}

TEST_CASE("a member that is missing or of a wrong type is named with its row",
          "[bench][result_file]") {
  const auto refused = [](const std::string& from, const std::string& to, const std::string& why) {
    auto rows = old_row_text();
    rows += "," + changed(from, to);
    check_refused(file_text(rows), ": results[1]" + why);
  };
  refused("\"threads\":2,", "", ": threads is missing");
  refused("\"functions\":1000", "\"functions\":-1",
          ": functions is not a whole number of at least 0");
  refused("\"functions\":1000", "\"functions\":1.5",
          ": functions is not a whole number of at least 0");
  refused("\"functions\":1000", "\"functions\":\"many\"",
          ": functions is not a whole number of at least 0");
  refused("100.5", "null", ": ops_per_second is not a number of at least 0");
  refused("100.5", "-3", ": ops_per_second is not a number of at least 0");
  refused("\"invoke\"", "7", ": scenario is not a text");
  refused("\"p999\":4,", "", ": latency_us: p999 is missing");
  refused("\"machine\":\"2 cores\"", "\"machine\":\"2\",\"build\":[]", ": build: is not an object");
  check_refused(file_text("1"), ": results[0]: is not an object");
  check_refused(R"({"version":1,"results":[)" + old_row_text() +
                    R"(],"ratios":[{"scenario":"a","peer":"b"}]})",
                ": ratios[0]: ratio is missing");
}

TEST_CASE("control characters in a file do not reach the terminal", "[bench][result_file]") {
  const auto got = parse_result_file("a.json", file_text(changed("\"abc\"", R"("a\n\u001b[31m")")));
  CHECK(got.rows.front().commit == "a??[31m");
}

TEST_CASE("a path that is no file is named", "[bench][result_file]") {
  CHECK_THROWS_MATCHES(read_result_file("/"), usage_error, Message("/: is a directory"));
  CHECK_THROWS_MATCHES(read_result_file("/no/such/file"), usage_error,
                       Message("/no/such/file: does not exist"));
}
