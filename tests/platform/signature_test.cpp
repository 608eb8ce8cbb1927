#include "wire/signature.hpp"

#include "wire/chunked_body.hpp"
#include "wire/digest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace http = platform::http;
namespace wire = platform::wire;

namespace {

const wire::access_key key{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
constexpr std::chrono::sys_seconds signed_at =
    std::chrono::sys_days{std::chrono::year{2015} / 8 / 30} + 12h + 36min;

using fields = std::vector<std::pair<const char*, const char*>>;

http::request_head make_head(const char* method, const char* target, const fields& more = {}) {
  http::request_head result;
  result.method_string(method);
  result.target(target);
  result.set("Host", "h.example");
  for (const auto& [name, value] : more) result.insert(name, value);
  return result;
}

std::string authorization(const std::string& names, const std::string& signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/lambda/aws4_request, "
         "SignedHeaders=" +
         names + ", Signature=" + signature;
}

http::request_head signed_head() {
  auto head = make_head("GET", "/2015-03-31/functions/", {{"X-Amz-Date", "20150830T123600Z"}});
  head.set("Authorization",
           authorization("host;x-amz-date",
                         "ff8cc38e7cc120f75518297e3a2a6d450c10edf9276f175e5f2b96cd89680f6a"));
  return head;
}

std::string calculated(const http::request_head& head, std::string_view body) {
  const auto claim = wire::read_signature(head);
  REQUIRE(claim);
  return wire::request_signature(wire::signing_key(key, *claim), *claim, head,
                                 wire::hex_encode(wire::sha256(body)));
}

std::string name_of(const wire::failure& what) { return std::string{wire::row_of(what.what).name}; }

}  // namespace

// The signatures are those that botocore 1.29 makes of these requests.
TEST_CASE("a signature in a field is that of botocore") {
  using row = std::tuple<const char*, const char*, fields, const char*, const char*, const char*>;
  const auto& [method, target, more, names, body, signature] = GENERATE(
      row{"GET",
          "/2015-03-31/functions/",
          {},
          "host;x-amz-date",
          "",
          "ff8cc38e7cc120f75518297e3a2a6d450c10edf9276f175e5f2b96cd89680f6a"},
      row{"GET",
          "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/"
          "configuration?b=2&a=%2B%20%C3%BC&a=1&c=&a-b=0",
          {},
          "host;x-amz-date",
          "",
          "980696746d76ba1b7c5470f9a30cf3a9da81a42b38953ea39ce9235cc1cc18ba"},
      row{"POST",
          "/a//b/./c/../d/",
          {{"X-Amz-Meta", "  two   blanks "}, {"Content-Type", "application/json"}},
          "content-type;host;x-amz-date;x-amz-meta",
          "{\"n\":1}",
          "3cc44088509c2036e6f21ce9ab1699cbc5d154e43bfee6619db29816a61877b3"});
  auto head = make_head(method, target, more);
  head.set("X-Amz-Date", "20150830T123600Z");
  head.set("Authorization", authorization(names, signature));
  CHECK(calculated(head, body) == signature);
}

TEST_CASE("a signature in the query is that of botocore") {
  const auto head =
      make_head("GET",
                "/2015-03-31/functions/f?Qualifier=%24LATEST&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
                "X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Flambda%2Faws4_request&"
                "X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&"
                "X-Amz-Signature=9dbb9da639d4c7bc3075a083291bf7bf6d0de082facb37a882a62f911d106ea8");
  const auto claim = wire::read_signature(head);
  REQUIRE(claim);
  CHECK(claim->expires == 60s);
  CHECK(calculated(head, "") == claim->signature);
}

TEST_CASE("values of one field are joined, and blanks in them are one") {
  auto head = make_head("GET", "/", {{"My-Header", " a  b "}, {"My-Header", "c"}});
  wire::signature_claim claim;
  claim.header_names = "host;my-header";
  CHECK(wire::canonical_request(head, claim, "hash") ==
        "GET\n/\n\nhost:h.example\nmy-header:a b,c\n\nhost;my-header\nhash");
}

TEST_CASE("parameters are in the order of their names, then of their values") {
  const auto head = make_head("GET", "/?b=1&a=2&a=1&a-=0&A=%7e&a");
  wire::signature_claim claim;
  claim.header_names = "host";
  const auto text = wire::canonical_request(head, claim, "hash");
  CHECK(text.starts_with("GET\n/\nA=~&a=&a=1&a=2&a-=0&b=1\n"));
}

TEST_CASE("a signature holds for five minutes before and after its time") {
  const auto head = signed_head();
  const auto claim = wire::read_signature(head);
  REQUIRE(claim);
  const auto at = [&](std::chrono::seconds later) {
    return wire::check_claim(*claim, head, key, "us-east-1", signed_at + later);
  };
  CHECK_FALSE(at(5min));
  CHECK_FALSE(at(-5min));
  REQUIRE(at(5min + 1s));
  CHECK(name_of(*at(5min + 1s)) == "InvalidSignatureException");
  CHECK(at(5min + 1s)->message ==
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
        "(20150830T124101Z - 5 min.)");
  REQUIRE(at(-5min - 1s));
  CHECK(at(-5min - 1s)->message ==
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
        "(20150830T123059Z + 5 min.)");
}

TEST_CASE("the time may stand in the Date field of HTTP") {
  auto head = signed_head();
  head.erase("X-Amz-Date");
  head.set("Date", "Sun, 30 Aug 2015 12:36:00 GMT");
  const auto claim = wire::read_signature(head);
  REQUIRE(claim);
  CHECK(claim->at == signed_at);
  CHECK(claim->signed_at == "20150830T123600Z");
}

TEST_CASE("a time may lie in any year of four digits") {
  auto head = signed_head();
  const std::string last = "99991231T235959Z";
  head.set("X-Amz-Date", last);
  const auto claim = wire::read_signature(head);
  REQUIRE(claim);
  CHECK(claim->signed_at == last);
}

TEST_CASE("a scope of another place or day is refused, and all that is wrong with it is told") {
  auto head = signed_head();
  head.set("Authorization",
           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150829/mars/s3/aws3_request, "
           "SignedHeaders=host;x-amz-date, Signature=0");
  const auto claim = wire::read_signature(head);
  REQUIRE(claim);
  const auto wrong = wire::check_claim(*claim, head, key, "us-east-1", signed_at);
  REQUIRE(wrong);
  CHECK(wrong->message ==
        "Credential should be scoped to a valid region, not 'mars'. Credential should be scoped to "
        "correct service: 'lambda'. Credential should be scoped with a valid terminator: "
        "'aws4_request', not 'aws3_request'. Date in Credential scope does not match YYYYMMDD from "
        "ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'.");
}

TEST_CASE("a signature that leaves out the host or many more fields than are usual is refused") {
  auto head = signed_head();
  std::string many = "host";
  for (int i = 0; i < 200; ++i) many += ";x" + std::to_string(i);
  for (const auto& [names, name] :
       {std::pair{std::string{"x-amz-date"}, "InvalidSignatureException"},
        std::pair{many, "IncompleteSignatureException"}}) {
    head.set("Authorization", authorization(names, "0"));
    const auto claim = wire::read_signature(head);
    REQUIRE(claim);
    const auto wrong = wire::check_claim(*claim, head, key, "us-east-1", signed_at);
    REQUIRE(wrong);
    CHECK(name_of(*wrong) == name);
  }
}

TEST_CASE("two Authorization fields are one too many") {
  auto head = signed_head();
  head.insert("Authorization", "Basic eDp5");
  const auto claim = wire::read_signature(head);
  REQUIRE_FALSE(claim);
  CHECK(name_of(claim.error()) == "IncompleteSignatureException");
}

TEST_CASE("chunks are taken apart in place") {
  std::string body = "3;chunk-signature=s1\r\nabc\r\n2\r\nde\r\n0;chunk-signature=s3\r\n\r\n";
  std::vector<std::pair<std::string, std::string>> seen;
  const auto wrong =
      wire::unpack_chunks(body, [&](std::string_view chunk, std::string_view signature) {
        seen.emplace_back(chunk, signature);
        return true;
      });
  CHECK_FALSE(wrong);
  CHECK(body == "abcde");
  CHECK(seen ==
        std::vector<std::pair<std::string, std::string>>{{"abc", "s1"}, {"de", ""}, {"", "s3"}});
}

TEST_CASE("broken chunks are refused with the place where they break") {
  const auto& [text, place] =
      GENERATE(std::pair{"", "byte 0"}, std::pair{"3\r\nabc", "byte 6"},
               std::pair{"3\r\nab\r\n", "byte 6"}, std::pair{"-1\r\n", "byte 0"},
               std::pair{"g\r\n", "byte 0"}, std::pair{"ffffffffffffffff\r\nx\r\n", "byte 0"},
               std::pair{"1ffffffffffffffff\r\nx\r\n", "byte 0"},
               std::pair{"1;other=2\r\nx\r\n", "byte 0"}, std::pair{"1\r\nx\r\n", "byte 6"});
  std::string body = text;
  const auto wrong =
      wire::unpack_chunks(body, [](std::string_view, std::string_view) { return true; });
  REQUIRE(wrong);
  CAPTURE(text, wrong->message);
  CHECK(name_of(*wrong) == "InvalidRequestContentException");
  CHECK(wrong->message.find(place) != std::string::npos);
}
