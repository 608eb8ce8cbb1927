#include "site_fixture.hpp"
#include "support/forwarding_store.hpp"
#include "wire/signature.hpp"

#include <boost/json/array.hpp>
#include <fmt/chrono.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace json = boost::json;
namespace http = platform::http;
using http::proto::verb;
using namespace std::chrono_literals;

namespace {

using platform::testing::functions_path;
const std::string f = functions_path + "/f";
const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:f";

// A store that can be told to fail, and that makes checkpoints.
class frail_store final : public fsm::testing::forwarding_store {
public:
  std::atomic<bool> fails = false;
  fsm::expected<std::string> checkpoint_answer = "copy";

  void commit(const fsm::commit_batch& batch, committed done) override {
    if (!fails) return forwarding_store::commit(batch, std::move(done));
    done(fsm::unexpected({.code = fsm::errc::internal, .message = "the disk is full"}));
  }
  void checkpoint(std::function<void(fsm::expected<std::string>)> done) override {
    done(checkpoint_answer);
  }
};

struct site_under_test : platform::testing::site_under_test {
  using answer = platform::testing::answer;
  using platform::testing::site_under_test::site_under_test;

  answer ask(verb method, const std::string& target, const std::string& body = {},
             const char* header = nullptr, const char* value = nullptr) {
    auto request = make_request(method, target, body);
    if (header) request.set(header, value);
    return send(std::move(request));
  }

  answer create(json::object more = {}) {
    return ask(verb::post, functions_path, json::serialize(creation(std::move(more))));
  }

  void create_active(json::object more = {}) {
    REQUIRE(create(std::move(more)).status == 201);
    clock->advance(1s);
  }
};

}  // namespace

TEST_CASE("with an access key calls must be signed, and are made for it") {
  site_under_test s;
  const platform::wire::access_key key{"AKIDEXAMPLE", "secret"};
  CHECK(s.site.tenant() == "000000000000");
  s.site.keys = {.access = key, .admin_token = "token"};
  CHECK(s.create().error == "MissingAuthenticationTokenException");
  CHECK(s.ask(verb::get, "/_fsm/world").status == 403);
  CHECK(s.ask(verb::get, "/_fsm/world", "", "Authorization", "Bearer token").status == 200);
  CHECK(s.ask(verb::get, "/_fsm/health").status == 200);

  const auto body = json::serialize(s.creation());
  http::request_head head;
  head.method(verb::post);
  head.target(functions_path);
  head.set(http::proto::field::host, "localhost");
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const auto time = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(now));
  const std::string query = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F" +
                            time.substr(0, 8) +
                            "%2Fus-east-1%2Flambda%2Faws4_request&X-Amz-Date=" + time +
                            "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=";
  head.target(functions_path + query + "0");
  const auto claim = platform::wire::read_signature(head);
  REQUIRE(claim);
  const auto signature =
      platform::wire::request_signature(platform::wire::signing_key(key, *claim), *claim, head,
                                        platform::wire::hex_encode(platform::wire::sha256(body)));
  CHECK(s.ask(verb::post, functions_path + query + signature, body + " ").error ==
        "InvalidSignatureException");
  CHECK(s.ask(verb::post, functions_path + query + signature, body).status == 201);
  const auto made = s.functions.get("f");
  REQUIRE(made);
  CHECK(made->tenant == "AKIDEXAMPLE");
}

TEST_CASE("a new function is shown Pending, with every default and no LastUpdateStatus") {
  site_under_test s;
  const auto created = s.create();
  REQUIRE(created.status == 201);
  auto wanted = json::parse(R"({
    "FunctionName": "f", "Version": "$LATEST", "Role": "arn:aws:iam::000000000000:role/r",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
    "Runtime": "python3.12", "Handler": "index.handler", "PackageType": "Zip", "Description": "",
    "LastModified": "2026-01-01T00:00:00.000+0000", "Timeout": 3, "MemorySize": 128, "CodeSize": 22,
    "CodeSha256": "hznHbmgfkAkjuQDJ3w73XPQh05yrtUZQxLmtGbanbYU=", "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512}, "TracingConfig": {"Mode": "PassThrough"},
    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
    "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
    "State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"})")
                    .as_object();
  auto shown = created.body.as_object();
  CHECK(shown.contains("RevisionId"));
  CHECK(shown.contains("RuntimeVersionConfig"));
  shown.erase("RevisionId");
  shown.erase("RuntimeVersionConfig");
  CHECK(shown == wanted);
}

TEST_CASE("an Active function shows no reasons") {
  site_under_test s;
  s.create_active();
  const auto shown = s.ask(verb::get, f + "/configuration").body.as_object();
  CHECK(shown.at("State") == "Active");
  CHECK(shown.at("LastUpdateStatus") == "Successful");
  for (const auto* member :
       {"StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}) {
    CHECK_FALSE(shown.contains(member));
  }
}

TEST_CASE("an update changes what it names, keeps the rest, and shows the new settings at once") {
  site_under_test s;
  s.create_active({{"Description", "old"}, {"Environment", {{"Variables", {{"KEY", "1"}}}}}});
  s.clock->advance(1h);
  const auto updated =
      s.ask(verb::put, f + "/configuration", R"({"Timeout": 9, "MemorySize": 256})");
  REQUIRE(updated.status == 200);
  CHECK(updated.text("LastUpdateStatus") == "InProgress");
  CHECK(updated.text("LastUpdateStatusReasonCode") == "Creating");
  CHECK(updated.text("LastModified") == "2026-01-01T01:00:01.000+0000");
  const auto during = s.ask(verb::get, f + "/configuration").body.as_object();
  CHECK(during.at("Timeout") == 9);
  CHECK(during.at("Description") == "old");
  CHECK(during.at("Environment").at("Variables").at("KEY") == "1");
  s.clock->advance(1s);
  CHECK(s.ask(verb::get, f + "/configuration").text("LastUpdateStatus") == "Successful");
}

TEST_CASE("a failed update leaves the old settings") {
  site_under_test s;
  s.create_active();
  REQUIRE(s.ask(verb::put, f + "/configuration",
                R"({"Timeout": 9, "VpcConfig": {"SubnetIds": ["subnet-1"]}})")
              .status == 200);
  REQUIRE(s.world->replace(R"({"vpc": {}})"));
  s.clock->advance(1s);
  const auto shown = s.ask(verb::get, f + "/configuration");
  CHECK(shown.text("LastUpdateStatus") == "Failed");
  CHECK(shown.text("LastUpdateStatusReasonCode") == "InvalidSubnet");
  CHECK(shown.body.at("Timeout") == 3);
  CHECK(s.ask(verb::post, f + "/invocations", "1").status == 200);
}

TEST_CASE("a dry run of an update shows what would be and changes nothing") {
  site_under_test s;
  s.create_active({{"PackageType", "Image"}, {"Code", {{"ImageUri", "old"}}}});
  const auto before = s.ask(verb::get, f + "/configuration");
  const auto dry = s.ask(verb::put, f + "/code", R"({"ImageUri": "new", "DryRun": true})");
  REQUIRE(dry.status == 200);
  CHECK(dry.text("CodeSha256") != before.text("CodeSha256"));
  CHECK(s.ask(verb::get, f + "/configuration").body == before.body);
}

TEST_CASE("an update of the settings ignores the members that only one of the code has") {
  site_under_test s;
  s.create_active();
  const auto shown = s.ask(verb::put, f + "/configuration", R"({"DryRun": true, "Publish": 1})");
  CHECK(shown.text("LastUpdateStatus") == "InProgress");
}

TEST_CASE("a revision that is not the current one is refused, and nothing changes") {
  site_under_test s;
  const auto created = s.create();
  s.clock->advance(1s);
  const auto body = json::object{{"Timeout", 9}, {"RevisionId", created.text("RevisionId")}};
  const auto refused = s.ask(verb::put, f + "/configuration", json::serialize(body));
  CHECK(refused.status == 412);
  CHECK(refused.error == "PreconditionFailedException");
  CHECK(refused.message() ==
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id");
  const auto now = s.ask(verb::get, f + "/configuration");
  CHECK(now.body.at("Timeout") == 3);
  const auto good = json::object{{"Timeout", 9}, {"RevisionId", now.text("RevisionId")}};
  CHECK(s.ask(verb::put, f + "/configuration", json::serialize(good)).status == 200);
}

TEST_CASE("a member of the wrong type or shape is reported before anything is looked up") {
  site_under_test s;
  const auto shape = s.ask(verb::put, f + "/configuration", R"({"Timeout": 0})");
  CHECK(shape.error == "ValidationException");
  CHECK(s.ask(verb::put, f + "/configuration", R"({"Timeout": "1"})").error ==
        "SerializationException");
  CHECK(s.ask(verb::put, f + "/code", R"({"Architectures": ["vax"]})").error ==
        "ValidationException");
  // Other rules come later.
  CHECK(s.ask(verb::put, f + "/configuration", R"({"Runtime": "cobol"})").status == 404);
  CHECK(s.ask(verb::put, f + "/code", "{}").status == 404);
}

TEST_CASE("an unknown function is reported before a bad payload, a bad payload before the state") {
  site_under_test s;
  const auto missing = s.ask(verb::post, f + "/invocations", "{");
  CHECK(missing.status == 404);
  CHECK(missing.message() == "Function not found: " + arn + ":$LATEST");
  REQUIRE(s.create().status == 201);
  CHECK(s.ask(verb::post, f + "/invocations", "{").error == "InvalidRequestContentException");
  CHECK(s.ask(verb::post, f + "/invocations", "{}").status == 409);
}

TEST_CASE("the kinds of invocation answer 200, 202 and 204, and an empty payload is {}") {
  site_under_test s;
  s.create_active();
  const auto sync = s.ask(verb::post, f + "/invocations");
  CHECK(sync.status == 200);
  CHECK(sync.raw.body() == "{}");
  CHECK(sync.raw["X-Amz-Executed-Version"] == "$LATEST");
  const auto event = s.ask(verb::post, f + "/invocations", "1", "X-Amz-Invocation-Type", "Event");
  CHECK(event.status == 202);
  CHECK(event.raw.body().empty());
  CHECK(event.raw.count("X-Amz-Executed-Version") == 0);
  const auto dry = s.ask(verb::post, f + "/invocations", "1", "X-Amz-Invocation-Type", "DryRun");
  CHECK(dry.status == 204);
  for (const auto* each : {&sync, &event, &dry}) {
    CHECK(each->raw["X-Amzn-Remapped-Content-Length"] == "0");
    CHECK(each->raw["X-Amzn-Trace-Id"].starts_with("Root=1-"));
  }
  CHECK(s.ask(verb::post, f + "/invocations", "1", "X-Amz-Invocation-Type", "Later").error ==
        "ValidationException");
  CHECK(s.ask(verb::post, f + "/invocations", "1", "X-Amz-Log-Type", "Tail")
            .raw.count("X-Amz-Log-Result") == 1);
}

TEST_CASE("a dry invocation of an Inactive function passes, an event as well, and only it wakes") {
  site_under_test s;
  s.create_active();
  s.clock->advance(std::chrono::days{15});
  CHECK(s.ask(verb::post, f + "/invocations", "1", "X-Amz-Invocation-Type", "DryRun").status ==
        204);
  CHECK(s.ask(verb::get, f + "/configuration").text("State") == "Inactive");
  const auto event = s.ask(verb::post, f + "/invocations", "1", "X-Amz-Invocation-Type", "Event");
  CHECK(event.status == 202);
  CHECK(s.ask(verb::get, f + "/configuration").text("State") == "Pending");
}

TEST_CASE("qualifiers: $LATEST is the function, anything else is not there") {
  site_under_test s;
  s.create_active();
  CHECK(s.ask(verb::get, f + "?Qualifier=$LATEST").body.at("Configuration").at("FunctionArn") ==
        json::value(arn + ":$LATEST"));
  CHECK(s.ask(verb::get, f + ":7").message() == "Function not found: " + arn + ":7");
  CHECK(s.ask(verb::post, f + "/invocations?Qualifier=blue", "1").message() ==
        "Function not found: " + arn + ":blue");
  CHECK(s.ask(verb::put, f + ":blue/configuration", "{}").error ==
        "InvalidParameterValueException");
}

TEST_CASE("deleting a version, $LATEST or an alias is answered each in its way") {
  site_under_test s;
  s.create_active();
  CHECK(s.ask(verb::delete_, f + "?Qualifier=7").status == 204);
  CHECK(s.ask(verb::delete_, f + "?Qualifier=$LATEST").message() ==
        "$LATEST version cannot be deleted without deleting the function.");
  CHECK(s.ask(verb::delete_, f + "?Qualifier=blue").message() ==
        "Deletion of aliases is not currently supported.");
  CHECK(s.ask(verb::delete_, f).status == 204);
  CHECK(s.ask(verb::delete_, f).message() == "Function not found: " + arn);
  CHECK(s.ask(verb::delete_, f + ":blue").message() ==
        "Deletion of aliases is not currently supported.");
  CHECK(s.ask(verb::delete_, f + ":$LATEST").message() ==
        "$LATEST version cannot be deleted without deleting the function.");
}

TEST_CASE("an alias with weights is shown as the version it was made for, every time") {
  site_under_test s;
  s.create_active();
  REQUIRE(s.ask(verb::post, f + "/versions", "{}").status == 201);
  REQUIRE(s.ask(verb::put, f + "/configuration", R"({"Timeout": 9})").status == 200);
  s.clock->advance(1s);
  REQUIRE(s.ask(verb::post, f + "/versions", "{}").status == 201);
  REQUIRE(s.ask(verb::post, f + "/aliases",
                R"({"Name": "blue", "FunctionVersion": "1",
                    "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.0}}})")
              .status == 201);
  for (int i = 0; i < 10; ++i) {
    CHECK(s.ask(verb::get, f + ":blue/configuration").text("Version") == "1");
  }
}

TEST_CASE("code is checked as the service does") {
  site_under_test s;
  const auto message = [&](json::object code, const char* package = "Zip") {
    return s.create({{"Code", std::move(code)}, {"PackageType", package}}).message();
  };
  CHECK(message({{"ZipFile", "bm90IGEgemlw"}}) ==
        "Could not unzip uploaded file. Please check your file, then try to upload again.");
  CHECK(message({{"S3Bucket", "bucket"}, {"S3Key", "k"}}) ==
        "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The "
        "specified bucket does not exist");
  CHECK(message({{"ImageUri", "i"}}) ==
        "Please don't provide ImageUri when updating a function with packageType Zip.");
  CHECK(message({}, "Image") ==
        "Please provide ImageUri when updating a function with packageType Image.");
  CHECK(s.functions.size() == 0);
}

TEST_CASE("settings are checked as the service does") {
  site_under_test s;
  const auto message = [&](json::object more) { return s.create(std::move(more)).message(); };
  CHECK(message({{"Runtime", "cobol"}})
            .starts_with("Value cobol at 'runtime' failed to satisfy constraint: Member must "
                         "satisfy enum value set: ["));
  CHECK(message({{"Runtime", "python2.7"}})
            .starts_with("The runtime parameter of python2.7 is no longer supported"));
  CHECK(message({{"Environment", {{"Variables", {{"KEY", std::string(5000, 'x')}}}}}})
            .starts_with("Lambda was unable to configure your environment variables because the "
                         "environment variables you have provided exceeded the 4KB limit. String "
                         "measured: {\"KEY\":\"xxx"));
  CHECK(
      message({{"Environment", {{"Variables", {{"KEY", std::string(4096 - 10, 'x')}}}}}}).empty());
  CHECK(message({{"FunctionName", "g"}, {"Architectures", {"x86_64", "arm64"}}}) ==
        "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy "
        "constraint: Member must have length less than or equal to 1");
  CHECK(message({{"FunctionName", "g"}, {"Role", "me"}}) ==
        "1 validation error detected: Value 'me' at 'role' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: "
        "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+");
  CHECK(message({{"FunctionName", "g"}, {"Layers", {"1", "2", "3", "4", "5", "6"}}}) ==
        "Cannot reference more than 5 layers.");
  CHECK(message({{"FunctionName", "g"}, {"VpcConfig", {{"SubnetIds", {"net-1"}}}}}) ==
        "1 validation error detected: Value '[net-1]' at 'vpcConfig.subnetIds' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must have length less than or equal "
        "to 1024, Member must have length greater than or equal to 0, Member must satisfy regular "
        "expression pattern: subnet-[0-9a-z]*]");
}

TEST_CASE("settings are bounded one by one and as a whole") {
  site_under_test s;
  const auto message = [&](json::object more) { return s.create(std::move(more)).message(); };
  json::object variables;
  for (int i = 0; i < 1000; ++i) variables["bad-" + std::to_string(i)] = "x";
  CHECK(message({{"Environment", {{"Variables", variables}}}})
            .starts_with("Lambda was unable to configure your environment variables"));
  json::object tags;
  for (int i = 0; i < 1000; ++i) tags[std::string(129, 'k') + std::to_string(i)] = "x";
  CHECK(message({{"Tags", tags}}) == "Number of tags exceeds resource tag limit.");
  CHECK(message({{"Layers", {std::string(141, 'l')}}})
            .ends_with("' at 'layers' failed to satisfy constraint: Member must satisfy "
                       "constraint: [Member must have length less than or equal to 140, Member "
                       "must have length greater than or equal to 1]"));
  const json::array many(1501, "x");
  CHECK(message({{"ImageConfig", {{"Command", many}}}})
            .ends_with("' at 'imageConfig.command' failed to satisfy constraint: Member must have "
                       "length less than or equal to 1500"));
  CHECK(message({{"LoggingConfig", {{"SystemLogLevel", "TRACE"}}}}) ==
        "1 validation error detected: Value 'TRACE' at 'loggingConfig.systemLogLevel' failed to "
        "satisfy constraint: Member must satisfy enum value set: [DEBUG, INFO, WARN]");
  CHECK(message({{"DeadLetterConfig", {{"TargetArn", std::string(262'144, 'a')}}}})
            .starts_with("The settings of a function must not take more than 262144 bytes"));
}

TEST_CASE("settings that outgrow their bound together change nothing") {
  site_under_test s;
  s.create_active();
  const auto change = [&](const json::object& settings) {
    return s.ask(verb::put, f + "/configuration", json::serialize(settings)).status;
  };
  const auto shown = [&] { return s.ask(verb::get, f + "/configuration").body.as_object(); };
  CHECK(change({{"DeadLetterConfig", {{"TargetArn", std::string(200'000, 'a')}}}}) == 200);
  json::object image;
  image["Command"] = json::array(400, json::value(std::string(200, 'w')));
  CHECK(change({{"ImageConfig", image}, {"Timeout", 77}}) == 400);
  CHECK(shown().at("Timeout") == 3);
}

TEST_CASE("security groups that are not there are reported before subnets that are not there") {
  site_under_test s;
  REQUIRE(s.world->replace(R"({"vpc": {"subnets": [], "security_groups": ["sg-1"]}})"));
  const auto message = [&](const char* group) {
    return s.create({{"VpcConfig", {{"SubnetIds", {"subnet-1"}}, {"SecurityGroupIds", {group}}}}})
        .message();
  };
  CHECK(message("sg-9") ==
        "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 "
        "Error Message: The security group 'sg-9' does not exist");
  CHECK(message("sg-1") ==
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error "
        "Message: The subnet ID 'subnet-1' does not exist");
}

TEST_CASE("a runtime that is retired refuses new functions, one about to be does not") {
  site_under_test s;
  CHECK(s.create({{"Runtime", "provided"}})
            .message()
            .starts_with("The runtime parameter of provided is no longer supported"));
  CHECK(s.create({{"Runtime", "python3.8"}}).status == 201);
}

TEST_CASE("logs in JSON have levels, INFO where nothing was said; logs in text have none") {
  site_under_test s;
  s.create_active({{"LoggingConfig", {{"LogFormat", "JSON"}, {"SystemLogLevel", "DEBUG"}}}});
  const auto shown = [&] {
    return s.ask(verb::get, f + "/configuration").body.at("LoggingConfig");
  };
  CHECK(shown() == json::value{{"LogFormat", "JSON"},
                               {"ApplicationLogLevel", "INFO"},
                               {"SystemLogLevel", "DEBUG"},
                               {"LogGroup", "/aws/lambda/f"}});
  REQUIRE(s.ask(verb::put, f + "/configuration", R"({"LoggingConfig": {"LogFormat": "Text"}})")
              .status == 200);
  CHECK(shown() == json::value{{"LogFormat", "Text"}, {"LogGroup", "/aws/lambda/f"}});
}

TEST_CASE("an image function shows a digest and where its image is") {
  site_under_test s;
  s.create_active({{"PackageType", "Image"}, {"Code", {{"ImageUri", "repo/app:1"}}}});
  const auto shown = s.ask(verb::get, f);
  CHECK(shown.body.at("Code").at("RepositoryType") == "ECR");
  CHECK(shown.body.at("Code").at("ImageUri") == "repo/app:1");
  CHECK(shown.body.at("Configuration").at("CodeSha256").get_string().size() == 64);
  CHECK(shown.body.at("Configuration").at("CodeSize") == 0);
}

TEST_CASE("pages are chained by markers, 50 at most, and end") {
  site_under_test s;
  for (int i = 0; i < 60; ++i) s.create({{"FunctionName", "f" + std::to_string(i)}});
  auto page = s.ask(verb::get, functions_path + "?MaxItems=10000");
  CHECK(page.body.at("Functions").as_array().size() == 50);
  page = s.ask(verb::get, functions_path + "?Marker=" + page.text("NextMarker"));
  CHECK(page.body.at("Functions").as_array().size() == 10);
  CHECK_FALSE(page.body.as_object().contains("NextMarker"));
  CHECK_FALSE(page.body.at("Functions").at(0).as_object().contains("State"));
  CHECK(s.ask(verb::get, functions_path + "?MaxItems=0").error == "ValidationException");
  CHECK(s.ask(verb::get, functions_path + "?Marker=zz").error == "InvalidParameterValueException");
  CHECK(s.ask(verb::get, functions_path + "?FunctionVersion=x").error == "ValidationException");
  CHECK(s.ask(verb::get, functions_path + "?FunctionVersion=ALL")
            .body.at("Functions")
            .at(0)
            .at("FunctionArn")
            .get_string()
            .ends_with(":$LATEST"));
}

TEST_CASE("the clock is moved by hand, and only by a duration") {
  site_under_test s;
  s.create();
  const auto moved = s.ask(verb::post, "/_fsm/clock", R"({"advance": "21d"})");
  CHECK(moved.text("now") == "2026-01-22T00:00:00.000Z");
  CHECK(s.ask(verb::get, f + "/configuration").text("State") == "Inactive");
  CHECK(s.ask(verb::post, "/_fsm/clock", R"({"advance": "soon"})").status == 400);
  CHECK(s.ask(verb::post, "/_fsm/clock", "{}").status == 400);
  for (int i = 0; i < 79; ++i) s.clock->advance(std::chrono::days{36'500});
  CHECK(s.ask(verb::post, "/_fsm/clock", R"({"advance": "36500d"})").status == 400);
  s.site.virtual_clock = nullptr;
  CHECK(s.ask(verb::post, "/_fsm/clock", R"({"advance": "1s"})").status == 409);
}

TEST_CASE(
    "when the store has failed, writes and what they touched are refused, other reads go on") {
  const auto store = std::make_shared<frail_store>();
  site_under_test s{store};
  s.create_active();
  s.create_active({{"FunctionName", "g"}});
  CHECK(s.ask(verb::get, "/_fsm/health").body == json::parse(R"({"status":"ok","functions":2})"));
  const auto before = s.ask(verb::get, functions_path + "/g").body;
  store->fails = true;
  const auto refused = [](const site_under_test::answer& what) {
    return what.status == 500 && what.error == "ServiceException" &&
           what.text("Type") == "Service" &&
           what.message().starts_with("Nothing more can be written.");
  };
  CHECK(refused(s.ask(verb::put, f + "/configuration", R"({"Timeout": 9})")));
  CHECK(refused(s.ask(verb::put, functions_path + "/g/configuration", R"({"Timeout": 9})")));
  CHECK(refused(s.create({{"FunctionName", "h"}})));
  CHECK(refused(s.ask(verb::delete_, functions_path + "/g")));
  CHECK(s.ask(verb::get, functions_path + "/g").body == before);
  CHECK(s.ask(verb::post, functions_path + "/g/invocations", "1").status == 200);
  CHECK(s.ask(verb::get, functions_path + "/h").status == 404);
  for (const auto& path : {f, f + "/configuration", std::string{"/_fsm/functions/f/history"}}) {
    const auto touched = s.ask(verb::get, path);
    CHECK(touched.status == 503);
    CHECK(touched.error == "ServiceException");
  }
  const auto health = s.ask(verb::get, "/_fsm/health");
  CHECK(health.status == 503);
  CHECK(health.body ==
        json::parse(R"({"status":"failed","functions":2,"reason":"the disk is full"})"));
}

TEST_CASE("a checkpoint is named, and refused when there is nothing on disk") {
  CHECK(site_under_test{}.ask(verb::post, "/_fsm/checkpoint").status == 409);
  const auto store = std::make_shared<frail_store>();
  site_under_test s{store};
  const auto made = s.ask(verb::post, "/_fsm/checkpoint");
  CHECK(made.status == 200);
  CHECK(made.body == json::parse(R"({"checkpoint":"copy"})"));
  store->checkpoint_answer =
      fsm::unexpected(fsm::error{.code = fsm::errc::internal, .message = "the disk is full"});
  const auto failed = s.ask(verb::post, "/_fsm/checkpoint");
  CHECK(failed.status == 500);
  CHECK(failed.message() == "the disk is full");
}

TEST_CASE("a history is a chain, and what changes a function names its link") {
  site_under_test s;
  const auto created = s.create();
  s.clock->advance(1s);
  const auto updated = s.ask(verb::put, f + "/configuration", R"({"Timeout": 9})");
  const auto all = s.ask(verb::get, "/_fsm/functions/f/history").body.at("transitions").as_array();
  REQUIRE(all.size() == 3);
  CHECK(json::serialize(all[0].at("sequence")) == created.raw["X-Fsm-Sequence"]);
  CHECK(json::serialize(all[2].at("sequence")) == updated.raw["X-Fsm-Sequence"]);
  CHECK(all[0].at("previous") == 0);
  CHECK(all[1].at("previous") == all[0].at("sequence"));
  CHECK(all[2].at("previous") == all[1].at("sequence"));
}

TEST_CASE("an answer is JSON even when the request is not UTF-8") {
  site_under_test s;
  const auto bytes = s.ask(verb::get, functions_path + "/%FF/configuration");
  CHECK(bytes.error == "ValidationException");
  CHECK(bytes.message().starts_with("1 validation error detected: Value '?' at 'functionName'"));
  CHECK(s.ask(verb::post, f + "/invocations", "1", "X-Amz-Invocation-Type", "\xFF").status == 400);
}

TEST_CASE("what is no operation is a modelled error that names method and path") {
  site_under_test s;
  const auto answer = s.ask(verb::patch, "/2015-03-31/nothing?x=1");
  CHECK(answer.status == 404);
  CHECK(answer.error == "ResourceNotFoundException");
  CHECK(answer.message() == "There is no operation PATCH /2015-03-31/nothing");
}
