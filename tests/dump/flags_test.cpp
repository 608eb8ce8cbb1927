#include "dump/flags.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "fsm-dump");
  return dump::parse_flags(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("a directory alone is enough") {
  const auto flags = parse({"data"});
  REQUIRE(flags);
  CHECK(flags->directory == "data");
  CHECK_FALSE(flags->documents);
  CHECK_FALSE(flags->history);
  CHECK_FALSE(flags->events);
  CHECK(flags->function.empty());
}

TEST_CASE("every flag of the dump is taken") {
  const auto flags =
      parse({"--documents", "--history", "--events", "--function", "f", "--limit", "7", "data"});
  REQUIRE(flags);
  CHECK(flags->documents);
  CHECK(flags->history);
  CHECK(flags->events);
  CHECK(flags->function == "f");
  CHECK(flags->limit == 7);
  CHECK(flags->directory == "data");
}

TEST_CASE("a bad flag of the dump is named in one line") {
  using words = std::vector<const char*>;
  const std::vector<std::pair<words, const char*>> bad{
      {words{}, "DIR"},
      {words{""}, "DIR"},
      {{"data", "more"}, "more"},
      {{"data", "--colour"}, "--colour"},
      {{"data", "--limit", "0"}, "--limit: '0'"},
      {{"data", "--limit", "-1"}, "--limit"},
      {{"data", "--limit", "1x"}, "--limit: '1x'"},
      {{"data", "--limit", "18446744073709551616"}, "--limit: '18446744073709551616'"},
      {{"data", "--limit", ""}, "--limit: ''"},
      {{"data", "--function", ""}, "--function: ''"},
      {{"data", "--function"}, "--function"},
  };
  for (const auto& [given, named] : bad) {
    const auto flags = parse(given);
    REQUIRE_FALSE(flags);
    CHECK(flags.error().code == 2);
    INFO(flags.error().text);
    CHECK(flags.error().text.find("fsm-dump: ") == 0);
    CHECK(flags.error().text.find(named) != std::string::npos);
    CHECK(flags.error().text.find('\n') == std::string::npos);
  }
}

TEST_CASE("the dump's help lists its flags") {
  const auto flags = parse({"--help"});
  REQUIRE_FALSE(flags);
  CHECK(flags.error().code == 0);
  for (const char* flag : {"DIR", "--documents", "--history", "--events", "--function", "--limit"})
    CHECK(flags.error().text.find(flag) != std::string::npos);
}
