#include "report.hpp"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <set>
#include <sstream>

namespace json = boost::json;
using namespace bench;
using Catch::Matchers::ContainsSubstring;

namespace {

report sample() {
  report all;
  all.machine = {2, "a \"fast\" one", std::uint64_t{23} << 30};
  all.build = {"0.1.0", "abc123", "Release", "g++", {}};
  result one;
  one.scenario = "invoke";
  one.functions = 1'000'000;
  one.threads = 2;
  one.measured.ops = 12'345'678;
  one.measured.seconds = 5.0004;
  one.measured.latency.add(nanoseconds{250});
  one.ops_per_second = 2'469'135.6;
  one.bytes_per_function = 231.23;
  one.rss_bytes = 300'000'000;
  all.results.push_back(std::move(one));
  return all;
}

std::set<std::string> members(const json::value& of) {
  std::set<std::string> names;
  for (const auto& each : of.as_object()) names.emplace(each.key());
  return names;
}

}  // namespace

TEST_CASE("the JSON of a result has exactly the promised members", "[bench][report]") {
  auto all = sample();
  all.run = {"2026-01-31T12:00:00Z", 5000, {}, 7};
  const auto file = json::parse(to_json(all));
  CHECK(members(file) == std::set<std::string>{"version", "results"});
  CHECK(file.at("version") == json_version);
  const auto& got = file.at("results").at(0);
  CHECK(members(got) ==
        std::set<std::string>{"scenario", "functions", "threads", "store", "durability", "seconds",
                              "ops", "ops_per_second", "latency_us", "bytes_per_function",
                              "rss_bytes", "commit", "machine", "build", "date", "rate", "seed"});
  CHECK(members(got.at("build")) == std::set<std::string>{"type", "compiler", "warnings"});
  CHECK(got.at("build").at("type") == "Release");
  CHECK(got.at("date") == "2026-01-31T12:00:00Z");
  CHECK(got.at("rate") == 5000.0);
  CHECK(got.at("seed") == 7);
  CHECK(members(got.at("latency_us")) == std::set<std::string>{"p50", "p90", "p99", "p999", "max"});
  CHECK(got.at("scenario") == "invoke");
  CHECK(got.at("ops") == 12'345'678);
  CHECK(got.at("ops_per_second") == 2'469'135.6);
  CHECK(got.at("seconds") == 5.0);
  CHECK(got.at("bytes_per_function") == 231.2);
  CHECK(got.at("latency_us").at("p50") == 0.25);
  CHECK(got.at("commit") == "abc123");
  CHECK(got.at("machine") == "2 cores, a \"fast\" one, 23.0 GiB");
}

TEST_CASE("what a measurement found out besides comes as further members", "[bench][report]") {
  auto all = sample();
  all.results[0].measured.slowest_thread_share = 0.12345;
  all.results[0].measured.more.members.emplace_back("armed_per_second", 1'000.5);
  all.results[0].measured.more.members.emplace_back("phases", "[1,{}]");
  const auto got = json::parse(to_json(all)).at("results").at(0);
  CHECK(got.at("slowest_thread_share") == 0.123);
  CHECK(got.at("armed_per_second") == 1'000.5);
  CHECK(got.at("phases") == json::parse("[1,{}]"));
}

TEST_CASE("targets are told as met or missed", "[bench][report]") {
  auto all = sample();
  auto& targets = all.results[0].measured.more.targets;
  CHECK(all.results[0].measured.more.empty());
  targets.push_back({"durable transitions/s", 213'456, 200'000});
  targets.push_back({"p99 by that of RocksDB alone", 4.5, 4, true});
  CHECK_FALSE(all.results[0].measured.more.empty());
  const auto got = json::parse(to_json(all)).at("results").at(0).at("targets");
  REQUIRE(got.as_array().size() == 2);
  CHECK(members(got.at(0)) == std::set<std::string>{"what", "value", "at_least", "met"});
  CHECK(got.at(0).at("met") == true);
  CHECK(members(got.at(1)) == std::set<std::string>{"what", "value", "at_most", "met"});
  CHECK(got.at(1).at("met") == false);
  std::ostringstream text;
  print_targets(text, all.results[0]);
  CHECK_THAT(text.str(),
             ContainsSubstring("invoke: durable transitions/s 213,456, target >= 200,000: met\n") &&
                 ContainsSubstring("p99 by that of RocksDB alone 4.50, target <= 4: missed\n"));
}

TEST_CASE("the store of a run is told", "[bench][report]") {
  settings how;
  how.threads = 2;
  how.storage.kind = store_kind::rocksdb;
  how.storage.synced = false;
  auto all = sample();
  all.run = facts_of(how);
  const auto got = json::parse(to_json(all)).at("results").at(0);
  CHECK(got.at("store") == "rocksdb");
  CHECK(got.at("durability") == "buffered");
  std::ostringstream head;
  print_header(head, all, how);
  CHECK_THAT(head.str(), ContainsSubstring("store rocksdb (buffered), seed 1"));
}

TEST_CASE("calls outstanding are in the JSON when the flag was given", "[bench][report]") {
  auto all = sample();
  all.run.in_flight = 8;
  CHECK(json::parse(to_json(all)).at("results").at(0).at("in_flight") == 8);
}

TEST_CASE("a run knows its flags and the day", "[bench][report]") {
  settings how;
  how.rate = 9;
  how.seed = 3;
  how.in_flight = 2;
  const auto facts = facts_of(how);
  CHECK(facts.rate == 9);
  CHECK(facts.seed == 3);
  CHECK(facts.in_flight == 2);
  REQUIRE(facts.date.size() == 20);
  CHECK(facts.date > "2026-01-01T00:00:00Z");
  CHECK(facts.date.back() == 'Z');
}

TEST_CASE("a comparison adds its ratios to the JSON and to the output", "[bench][report]") {
  auto all = sample();
  all.ratios.push_back({"message", "naive_caf", "", 4, 4.5678, 3.9, 5, 5});
  all.ratios.push_back({"message", "erlang", "erl is not installed", 6, 0, 0, 0, 0});
  all.ratios.push_back({"invoke", "hardware_probe", "", 0.7, 0.5, 0.4, 0.6, 5});
  const auto file = json::parse(to_json(all));
  const auto& got = file.at("ratios").at(0);
  CHECK(members(got) == std::set<std::string>{"scenario", "peer", "ratio", "lowest", "highest",
                                              "rounds", "target"});
  CHECK(got.at("ratio") == 4.568);
  CHECK(got.at("target").to_number<double>() == 4);
  const auto& missing = file.at("ratios").at(1);
  CHECK(members(missing) == std::set<std::string>{"scenario", "peer", "missing"});
  CHECK(missing.at("missing") == "erl is not installed");
  std::ostringstream text;
  print_ratios(text, all.ratios);
  std::vector<std::string> lines;
  std::istringstream rows{text.str()};
  for (std::string line; std::getline(rows, line);) lines.push_back(line);
  REQUIRE(lines.size() == 4);
  CHECK_THAT(lines[0], ContainsSubstring("target"));
  CHECK_THAT(lines[1], ContainsSubstring("message / naive_caf"));
  CHECK_THAT(lines[1], ContainsSubstring("4.57") && ContainsSubstring(">= 4     met"));
  CHECK_THAT(lines[2],
             ContainsSubstring("message / erlang") && ContainsSubstring("erl is not installed"));
  CHECK_THAT(lines[3], ContainsSubstring(">= 0.7  missed"));
}

TEST_CASE("the header names machine, build and commit, and warns", "[bench][report]") {
  auto all = sample();
  settings how;
  how.threads = 2;
  how.rate = 1'000;
  std::ostringstream quiet;
  print_header(quiet, all, how);
  CHECK_THAT(quiet.str(), ContainsSubstring("commit abc123"));
  CHECK_THAT(quiet.str(), ContainsSubstring("2 cores, a \"fast\" one, 23.0 GiB"));
  CHECK_THAT(quiet.str(), ContainsSubstring("Release, g++"));
  CHECK_THAT(quiet.str(), ContainsSubstring("1,000,000 functions, 2 threads"));
  CHECK_THAT(quiet.str(), ContainsSubstring("open loop at 1,000/s"));
  CHECK(quiet.str().find("WARNING") == std::string::npos);
  all.build.warnings.emplace_back("sanitizers are on");
  std::ostringstream loud;
  print_header(loud, all, how);
  CHECK_THAT(loud.str(), ContainsSubstring("WARNING: sanitizers are on"));
  std::ostringstream growing;
  print_header(growing, all, how, {1'000, 100'000, 10'000'000}, 3);
  CHECK_THAT(growing.str(), ContainsSubstring("1,000, 100,000 and 10,000,000 functions"));
  CHECK_THAT(growing.str(), ContainsSubstring("each 3 times in turn"));
}

TEST_CASE("a row of the table has every figure", "[bench][report]") {
  std::ostringstream text;
  print_table(text, sample().results);
  for (const auto* part : {"invoke", "1,000,000", "2,469,136", "0.250", "231", "286"}) {
    CHECK_THAT(text.str(), ContainsSubstring(part));
  }
}

TEST_CASE("large numbers are grouped", "[bench][report]") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1'000) == "1,000");
  CHECK(with_commas(1'234'567.8) == "1,234,568");
}
