#include "times.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using platform::parse_duration;

TEST_CASE("a duration is an integer and a unit") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("2s") == 2s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("12h") == 12h);
  CHECK(parse_duration("14d") == std::chrono::days{14});
  CHECK(parse_duration("0ms") == 0ms);
  CHECK(parse_duration("36500d") == std::chrono::days{36'500});
}

TEST_CASE("nothing else is a duration") {
  const std::string text =
      GENERATE("", "5", "s", "-5s", "+5s", " 5s", "5 s", "5s ", "1.5s", "5sec", "5S", "36501d",
               "99999999999999999999s", "18446744073709551615d", "0x5s");
  CAPTURE(text);
  CHECK_FALSE(parse_duration(text));
}

TEST_CASE("a duration is shown in the largest unit that divides it") {
  CHECK(platform::duration_text(90s) == "90s");
  CHECK(platform::duration_text(120s) == "2m");
  CHECK(platform::duration_text(std::chrono::days{14}) == "14d");
  CHECK(platform::duration_text(1500ms) == "1500ms");
  CHECK(platform::duration_text(0ms) == "0ms");
}

TEST_CASE("a time is shown in UTC, and LastModified without milliseconds") {
  const fsm::timestamp when{std::chrono::sys_days{std::chrono::year{2023} / 9 / 19} + 20h + 3min +
                            8s + 45ms};
  CHECK(platform::iso_text(when) == "2023-09-19T20:03:08.045Z");
  CHECK(platform::last_modified_text(when) == "2023-09-19T20:03:08.000+0000");
}

TEST_CASE("a time that no clock has shows as the nearest year of four digits") {
  CHECK(platform::iso_text(fsm::timestamp::max()) == "9999-12-31T23:59:59.999Z");
  CHECK(platform::iso_text(fsm::timestamp::min()) == "0000-01-01T00:00:00.000Z");
}
