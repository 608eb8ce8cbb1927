#include "logs.hpp"

#include <fsm/quoted.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <string>

namespace json = boost::json;

namespace {

/// The line that a message becomes.
template <class... Values>
json::object line(const char* message, const Values&... values) {
  std::ostringstream text;
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  sink->set_formatter(platform::make_json_format());
  spdlog::logger log{"http", sink};
  log.warn(fmt::runtime(message), values...);
  const auto written = text.str();
  REQUIRE(written.ends_with('\n'));
  REQUIRE(written.find('\n') == written.size() - 1);
  return json::parse(written).as_object();
}

std::string text_of(const json::object& from, const char* key) {
  return std::string{from.at(key).as_string().c_str()};
}

}  // namespace

TEST_CASE("a line of the log becomes a JSON object with its pairs as members") {
  const auto found =
      line("event dropped function={} attempts={} status={}", fsm::quoted("123"), 3, "late");
  CHECK(text_of(found, "message") == "event dropped");
  CHECK(text_of(found, "function") == "123");
  CHECK(found.at("attempts").as_int64() == 3);
  CHECK(text_of(found, "status") == "late");
  CHECK(text_of(found, "level") == "warning");
  CHECK(text_of(found, "component") == "http");
  CHECK(text_of(found, "time").ends_with('Z'));
}

TEST_CASE("values of a log line can neither make members nor lines nor break the JSON") {
  const std::string hostile = "a\" level=\"off\" b=\"\\\n\r\t\x01 c=d \xff\xfe";
  const auto found = line("failed error={} tries={}", fsm::quoted(hostile), 2);
  CHECK(found.size() == 6);
  CHECK(text_of(found, "level") == "warning");
  CHECK(text_of(found, "error").starts_with("a\" level=\"off\" b=\"\\\n\r\t"));
  CHECK(found.at("tries").as_int64() == 2);
}

TEST_CASE("a message without pairs, or with a sign in it, is a message") {
  CHECK(text_of(line("stopping"), "message") == "stopping");
  CHECK(text_of(line("1 = 2"), "message") == "1 = 2");
  CHECK(text_of(line("odd tail=\"open"), "message") == "odd");
  CHECK(text_of(line("a time=5"), "time").size() > 5);
}

TEST_CASE("what was quoted is read back, and nothing else is") {
  for (const std::string text : {"", "a b", "\"\\", "\n\x7f\x01", "\xc3\xa4"}) {
    const auto quoted = fsm::quoted(text) + " rest";
    std::string_view left{quoted};
    std::string found;
    REQUIRE(fsm::take_quoted(left, found));
    CHECK(found == text);
    CHECK(left == " rest");
  }
  for (std::string_view bad : {"", "a", "\"", "\"a", "\"a\\"}) {
    const auto before = bad;
    std::string found;
    CHECK_FALSE(fsm::take_quoted(bad, found));
    CHECK(bad == before);
  }
}

TEST_CASE("log levels are read per component, and what comes later counts") {
  const auto levels = platform::parse_log_levels("warn,http=debug,http=trace,code=off");
  REQUIRE(levels);
  CHECK((*levels)[static_cast<std::size_t>(platform::component::api)] == spdlog::level::warn);
  CHECK((*levels)[static_cast<std::size_t>(platform::component::http)] == spdlog::level::trace);
  CHECK((*levels)[static_cast<std::size_t>(platform::component::code)] == spdlog::level::off);
  for (const char* bad : {"", "loud", "htp=debug", "http=", "http", "info,", ",info", "=info"})
    CHECK_FALSE(platform::parse_log_levels(bad));
}
