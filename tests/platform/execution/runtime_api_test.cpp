#include "execution/runtime_api.hpp"

#include "wire/digest.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>

using namespace platform::execution;
using namespace std::chrono_literals;
using platform::http::proto::verb;

TEST_CASE("A runtime's requests are told apart") {
  const std::string base = "/2018-06-01/runtime/";
  const auto read = [&](verb method, const std::string& path) {
    return read_runtime_request(method, path).what;
  };
  CHECK(read(verb::get, base + "invocation/next") == runtime_call::next);
  CHECK(read(verb::post, base + "init/error") == runtime_call::init_error);
  CHECK(read(verb::post, base + "invocation/a-b/response") == runtime_call::response);
  CHECK(read(verb::post, base + "invocation/a-b/error") == runtime_call::error);
  const auto target = base + "invocation/a-b/error";
  CHECK(read_runtime_request(verb::post, target).id == "a-b");
  CHECK(read(verb::post, base + "invocation/next") == runtime_call::unknown);
  CHECK(read(verb::get, base + "invocation/a/response") == runtime_call::unknown);
  CHECK(read(verb::post, base + "invocation/a") == runtime_call::unknown);
  CHECK(read(verb::post, "/2020-01-01/extension/register") == runtime_call::unknown);
  CHECK(read(verb::get, "") == runtime_call::unknown);
}

TEST_CASE("An invocation is handed over with its payload and all that is known of it") {
  platform::invoke::invocation what;
  what.request_id = "id";
  what.invoked_arn = "arn:f";
  what.trace_id = "Root=1";
  what.payload = "{\"n\":1}";
  what.client_context = "eyJhIjoxfQ==";
  const auto message = invocation_message(what, fsm::timestamp{1234567ms});
  CHECK(message.result_int() == 200);
  CHECK(message["Lambda-Runtime-Aws-Request-Id"] == "id");
  CHECK(message["Lambda-Runtime-Deadline-Ms"] == "1234567");
  CHECK(message["Lambda-Runtime-Invoked-Function-Arn"] == "arn:f");
  CHECK(message["Lambda-Runtime-Trace-Id"] == "Root=1");
  CHECK(message["Lambda-Runtime-Client-Context"] == "{\"a\":1}");
  CHECK(message["Content-Length"] == "7");
  CHECK(message.body() == "{\"n\":1}");
}

TEST_CASE("A reported error is what was sent or, without that, its type") {
  platform::http::request what{verb::post, "/", 11};
  CHECK(reported_error(what, R"({"errorType":"Mine"})") == R"({"errorType":"Mine"})");
  CHECK(reported_error(what, "").starts_with(R"({"errorType":"Runtime.Unknown",)"));
  what.set("lambda-runtime-function-error-type", "My.Kind");
  CHECK(reported_error(what, "").starts_with(R"({"errorType":"My.Kind",)"));
}

TEST_CASE("An answer that came in pieces may end in an error") {
  platform::http::request what{verb::post, "/", 11};
  what.set("Lambda-Runtime-Function-Error-Type", "My.Kind");
  CHECK(!late_error(what));  // It did not come in pieces.
  what.chunked(true);
  CHECK(late_error(what).value().starts_with(R"({"errorType":"My.Kind",)"));
  what.set("Lambda-Runtime-Function-Error-Body", "eyJhIjoxfQ==");
  CHECK(late_error(what) == R"({"a":1})");
  what.erase("Lambda-Runtime-Function-Error-Type");
  CHECK(!late_error(what));
}

TEST_CASE("A client's context is handed over on one line of ASCII, and only if it is an object") {
  const auto told = [](const std::string& text) {
    platform::invoke::invocation what;
    what.client_context = platform::wire::base64_encode(text);
    return std::string{invocation_message(what, {})["Lambda-Runtime-Client-Context"]};
  };
  CHECK(told("{\r\n\t\"a\": 1.50\n}") == R"({   "a": 1.50 })");
  CHECK(told("{\"a\":\"\u00fc\u20ac\U0001f600\x7f\\n\"}") ==
        R"({"a":"\u00fc\u20ac\ud83d\ude00\u007f\n"})");
  for (const auto* wrong : {"[]", "5", "{", "", "{} {}", "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}"})
    CHECK(told(wrong).empty());
  platform::invoke::invocation what;
  what.client_context = "###";
  CHECK(invocation_message(what, {})["Lambda-Runtime-Client-Context"].empty());
}
