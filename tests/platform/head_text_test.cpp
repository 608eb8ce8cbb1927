#include "http/head_text.hpp"

#include <catch2/catch_test_macros.hpp>

#include <regex>

using platform::http::head_text;
using platform::http::response;

TEST_CASE("The head of an answer is its status, its date and its fields, in order") {
  response what{platform::http::proto::status::accepted, 11};
  what.set("X-First", "1");
  what.set(platform::http::proto::field::content_type, "application/json");
  CHECK(std::regex_match(
      head_text(what),
      std::regex{"HTTP/1\\.1 202 Accepted\r\n"
                 "Date: [A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT\r\n"
                 "X-First: 1\r\nContent-Type: application/json\r\n\r\n"}));
}

TEST_CASE("The head of an answer to an old client says the old version") {
  CHECK(head_text({platform::http::proto::status::ok, 10}).starts_with("HTTP/1.0 200 OK\r\n"));
}
