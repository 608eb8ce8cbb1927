#include "site_fixture.hpp"

#include <boost/json/array.hpp>

// What else is set for functions: how events are tried, runtime management, recursion.

using namespace platform::testing;
using namespace std::chrono_literals;

namespace {

const std::string arn = arn_head + "f";

std::string config_path(const std::string& name = "f") {
  return "/2019-09-25/functions/" + name + "/event-invoke-config";
}

json::object destination(const char* side, const std::string& where) {
  return {{"DestinationConfig", json::object{{side, json::object{{"Destination", where}}}}}};
}

}  // namespace

TEST_CASE("an event invoke config is put as a whole and updated in parts") {
  site_under_test s;
  s.create("f");
  const auto put = s.ask(verb::put, config_path(),
                         {{"MaximumRetryAttempts", 2}, {"MaximumEventAgeInSeconds", 60}});
  REQUIRE(put.status == 200);
  CHECK_FALSE(put.raw["X-Fsm-Sequence"].empty());
  auto shown = put.body.as_object();
  CHECK(shown.at("LastModified").to_number<double>() ==
        std::chrono::duration<double>{s.clock->now().time_since_epoch()}.count());
  shown.erase("LastModified");
  CHECK(shown == json::parse(R"({
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
    "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60,
    "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}})"));
  const auto updated = s.ask(verb::post, config_path(), {{"MaximumRetryAttempts", 0}});
  CHECK(updated.body.at("MaximumRetryAttempts") == 0);
  CHECK(updated.body.at("MaximumEventAgeInSeconds") == 60);
  CHECK(s.ask(verb::get, config_path() + "?Qualifier=$LATEST").body == updated.body);
  const auto replaced = s.ask(verb::put, config_path(), {{"MaximumRetryAttempts", 1}});
  CHECK_FALSE(replaced.body.as_object().contains("MaximumEventAgeInSeconds"));
}

TEST_CASE("destinations are kept, and must be able to take something") {
  site_under_test s;
  s.create("f");
  s.create("g");
  const auto put = [&](json::object body) { return s.ask(verb::put, config_path(), body); };
  const auto queue = put(destination("OnFailure", "arn:aws:sqs:us-east-1:000000000000:q"));
  CHECK(queue.body.at("DestinationConfig").at("OnFailure").at("Destination") ==
        "arn:aws:sqs:us-east-1:000000000000:q");
  CHECK(put(destination("OnSuccess", arn_head + "g")).status == 200);
  CHECK(put({{"DestinationConfig", json::object{{"OnFailure", json::object{}}}}}).status == 200);
  CHECK(put(destination("OnSuccess", arn_head + "nobody")).message() ==
        "The destination ARN " + arn_head + "nobody is invalid.");
  CHECK(put(destination("OnSuccess", arn)).message() ==
        "You can't specify the function as a destination for itself.");
  CHECK(put(destination("OnSuccess", "arn:aws:iam:us-east-1:000000000000:function:f")).message() ==
        "The provided destination config "
        "DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:us-east-1:000000000000:"
        "function:f), onFailure=null) is invalid.");
  const auto wrong = put(destination("OnFailure", "arn:aws:_-/!lambda:us-east-1:000000000000:x"));
  CHECK(wrong.error == "ValidationException");
  CHECK(wrong.message().starts_with(
      "1 validation error detected: Value 'arn:aws:_-/!lambda:us-east-1:000000000000:x' at "
      "'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy "
      "regular expression pattern: $|kafka://("));
}

TEST_CASE("an event invoke config is refused by what is wrong with it") {
  site_under_test s;
  s.create("f");
  const std::string nothing =
      "You must specify at least one of error handling or destination setting.";
  CHECK(s.ask(verb::put, config_path("nobody")).message() == nothing);
  CHECK(s.ask(verb::put, config_path("nobody"), {{"MaximumRetryAttempts", 1}}).message() ==
        "The function doesn't exist.");
  CHECK(s.ask(verb::put, config_path() + "?Qualifier=none", {{"MaximumRetryAttempts", 1}})
            .message() == "The function doesn't exist.");
  CHECK(s.ask(verb::put, config_path(), {{"MaximumRetryAttempts", 3}}).error ==
        "ValidationException");
  CHECK(s.ask(verb::put, config_path(), {{"MaximumEventAgeInSeconds", 59}}).error ==
        "ValidationException");
  const auto none = "The function " + arn + ":$LATEST doesn't have an EventInvokeConfig";
  CHECK(s.ask(verb::post, config_path(), {{"MaximumRetryAttempts", 1}}).message() == none);
  CHECK(s.ask(verb::get, config_path()).message() == none);
  CHECK(s.ask(verb::delete_, config_path()).message() == none);
  CHECK(s.ask(verb::get, config_path() + "?Qualifier=7").message() ==
        "The function " + arn + ":7 doesn't have an EventInvokeConfig");
  CHECK(s.ask(verb::get, config_path("nobody")).message() ==
        "The function " + arn_head + "nobody:$LATEST doesn't have an EventInvokeConfig");
  CHECK(s.ask(verb::get, config_path("nobody") + "/list").message() ==
        "The function doesn't exist.");
}

TEST_CASE("function, versions and aliases have event invoke configs of their own, and a list") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.point("blue", "1").status == 201);
  for (const std::string qualifier : {"", "?Qualifier=1", "?Qualifier=blue"}) {
    REQUIRE(s.ask(verb::put, config_path() + qualifier, {{"MaximumRetryAttempts", 1}}).status ==
            200);
  }
  const auto list = [&](const std::string& query = "") {
    return s.ask(verb::get, config_path() + "/list" + query).body;
  };
  const auto all = list().at("FunctionEventInvokeConfigs").as_array();
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("FunctionArn") == json::value(arn + ":$LATEST"));
  CHECK(all[1].at("FunctionArn") == json::value(arn + ":1"));
  CHECK(all[2].at("FunctionArn") == json::value(arn + ":blue"));
  CHECK(list("?MaxItems=2").as_object().contains("NextMarker"));
  CHECK(s.ask(verb::delete_, config_path() + "?Qualifier=1").status == 204);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f/aliases/blue").status == 204);
  CHECK(list().at("FunctionEventInvokeConfigs").as_array().size() == 1);
}

TEST_CASE("events are tried as it is set for the qualifier they were sent to") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.ask(verb::put, config_path(), {{"MaximumRetryAttempts", 0}}).status == 200);
  REQUIRE(
      s.ask(verb::put, config_path() + "?Qualifier=1", {{"MaximumEventAgeInSeconds", 90}}).status ==
      200);
  CHECK(s.book->events_of("f", "").retries_max == 0);
  CHECK(s.book->events_of("f", "").age_max == 6h);
  CHECK(s.book->events_of("f", "$LATEST").retries_max == 0);
  CHECK(s.book->events_of("f", "1").retries_max == 2);
  CHECK(s.book->events_of("f", "1").age_max == 90s);
  CHECK(s.book->events_of("nobody", "").retries_max == 2);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f?Qualifier=1").status == 204);
  CHECK(s.book->events_of("f", "1").age_max == 6h);
  CHECK(s.book->events_of("f", "").retries_max == 0);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f").status == 204);
  CHECK(s.book->events_of("f", "").retries_max == 2);
}

TEST_CASE("recursion ends by default, and may be allowed") {
  site_under_test s;
  s.create("f");
  const std::string path = "/2024-08-31/functions/f/recursion-config";
  CHECK(s.ask(verb::get, path).body == json::parse(R"({"RecursiveLoop": "Terminate"})"));
  CHECK(s.ask(verb::put, path, {{"RecursiveLoop", "Allow"}}).body ==
        json::parse(R"({"RecursiveLoop": "Allow"})"));
  CHECK(s.ask(verb::get, path).body == json::parse(R"({"RecursiveLoop": "Allow"})"));
  CHECK(s.ask(verb::put, path, {{"RecursiveLoop", "Never"}}).message() ==
        "1 validation error detected: Value 'Never' at 'recursiveLoop' failed to satisfy "
        "constraint: Member must satisfy enum value set: [Terminate, Allow]");
  CHECK(s.ask(verb::get, "/2024-08-31/functions/nobody/recursion-config").message() ==
        "Function not found: " + arn_head + "nobody");
}

TEST_CASE("a runtime is updated by itself, unless a function says otherwise") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  const std::string path = "/2021-07-20/functions/f/runtime-management-config";
  const auto by_default = s.ask(verb::get, path).body.as_object();
  CHECK(by_default.at("UpdateRuntimeOn") == "Auto");
  CHECK(by_default.at("RuntimeVersionArn").is_null());
  CHECK(by_default.at("FunctionArn") == json::value(arn));
  const std::string version = "arn:aws:lambda:us-east-1::runtime:abc";
  const auto put = s.ask(verb::put, path + "?Qualifier=1",
                         {{"UpdateRuntimeOn", "Manual"}, {"RuntimeVersionArn", version}});
  CHECK(put.status == 200);
  CHECK(s.ask(verb::get, path + "?Qualifier=1").body == put.body);
  CHECK(s.ask(verb::get, path).text("UpdateRuntimeOn") == "Auto");
  CHECK(s.ask(verb::put, path, {{"UpdateRuntimeOn", "Manual"}}).status == 400);
  CHECK(s.ask(verb::put, path, {{"UpdateRuntimeOn", "Never"}}).error == "ValidationException");
  CHECK(s.ask(verb::put, path).error == "ValidationException");
}

TEST_CASE("there are no code signing configs and no event source mappings, and tools can ask") {
  site_under_test s;
  s.create("f");
  const std::string signing = "/2020-06-30/functions/f/code-signing-config";
  CHECK(s.ask(verb::get, signing).raw.body() == "{}");
  CHECK(s.ask(verb::delete_, signing).status == 204);
  const std::string config =
      "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdefg";
  const auto put = s.ask(verb::put, signing, {{"CodeSigningConfigArn", config}});
  CHECK(put.error == "CodeSigningConfigNotFoundException");
  CHECK(put.message() ==
        "The code signing configuration cannot be found. Check that the provided configuration is "
        "not deleted: " +
            config + ".");
  CHECK(s.ask(verb::put, signing, {{"CodeSigningConfigArn", "x"}}).error == "ValidationException");
  CHECK(s.ask(verb::get, "/2020-06-30/functions/nobody/code-signing-config").message() ==
        "Function not found: " + arn_head + "nobody");
  CHECK(s.ask(verb::get, "/2015-03-31/event-source-mappings/").body ==
        json::parse(R"({"EventSourceMappings": []})"));
  CHECK(s.ask(verb::get, "/2015-03-31/event-source-mappings/1-2-3").message() ==
        "The resource you requested does not exist.");
}
