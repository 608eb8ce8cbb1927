#include "http/guard.hpp"
#include "wire/coverage.hpp"
#include "wire/digest.hpp"
#include "wire/errors.hpp"
#include "wire/members.hpp"
#include "wire/routes.hpp"
#include "wire/target.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <set>
#include <string>
#include <tuple>

namespace wire = platform::wire;
namespace http = platform::http;
using http::proto::verb;
using wire::fault;

namespace {

std::string operation(verb method, const std::string& target) {
  const auto parsed = wire::parse_target(target);
  if (!parsed) return "not a target";
  const auto found = wire::match(method, *parsed);
  return found.which ? std::string{found.which->name} + " " + found.function_text : "none";
}

wire::failure verdict(const std::string& body, void (*read)(const wire::members&)) {
  const auto value = boost::json::parse(body);
  wire::problems found;
  read(wire::members{value.get_object(), "", found});
  return found.verdict().value_or(wire::failure{fault::service, "nothing is wrong", {}});
}

const wire::subject f{"f", "ARN:f", "ARN:f:$LATEST"};

}  // namespace

TEST_CASE("a target is split and decoded") {
  const auto target = wire::parse_target("/a%3Ab/c%2Fd/?x=1%202&y&x=3");
  REQUIRE(target);
  CHECK(target->segments == std::vector<std::string>{"a:b", "c/d"});
  CHECK(*target->parameter("x") == "1 2");
  CHECK(target->parameter("y")->empty());
  CHECK(target->parameter("z") == nullptr);
  CHECK(wire::parse_target("http://host:9/p?q=1")->segments == std::vector<std::string>{"p"});
  CHECK(wire::parse_target("/")->segments == std::vector<std::string>{""});
}

TEST_CASE("an operation of the Lambda API is known whether or not it is here") {
  const auto name = [](verb method, const std::string& text) {
    const auto* found = wire::find_operation(method, *wire::parse_target(text));
    return found ? std::string{found->name} : "none";
  };
  CHECK(name(verb::get, "/2018-10-31/layers") == "ListLayers");
  CHECK(name(verb::get, "/2018-10-31/layers?find=LayerVersion&Arn=a") == "GetLayerVersionByArn");
  CHECK(name(verb::get, "/2018-10-31/layers?find=x") == "ListLayers");
  CHECK(name(verb::delete_, "/2018-10-31/layers/l/versions/1/policy/s") ==
        "RemoveLayerVersionPermission");
  CHECK(name(verb::get, "/2020-04-22/code-signing-configs/") == "ListCodeSigningConfigs");
  CHECK(name(verb::patch, "/2018-10-31/layers") == "none");
  CHECK(name(verb::get, "/2018-10-31/layers//versions") == "none");
  CHECK(name(verb::get, "/2018-10-31/layers/l/versions/1/policy/s/t") == "none");
}

TEST_CASE("a member that is not here is refused unless it asks for nothing") {
  const auto read = [](const wire::members& given) {
    wire::refuse_members(given, "UpdateFunctionConfigurationRequest");
  };
  const auto text = [&](const std::string& body) { return verdict(body, read).message; };
  CHECK(text(R"({"FileSystemConfigs":[{}]})") ==
        "The parameter 'fileSystemConfigs' is not supported.");
  CHECK(text(R"({"Timeout":3,"Unheard":1})") == "nothing is wrong");
  CHECK(text(R"({"FileSystemConfigs":[],"DurableConfig":{}})") == "nothing is wrong");
  CHECK(text(R"({"FileSystemConfigs":null})") == "nothing is wrong");
}

TEST_CASE("what is no target is refused") {
  const std::string text = GENERATE("", "a", "*", "/%", "/%4", "/%zz", "/?a=%4");
  CHECK_FALSE(wire::parse_target(text));
}

TEST_CASE("a path leads to an operation") {
  const std::string root = "/2015-03-31/functions";
  CHECK(operation(verb::post, root) == "CreateFunction ");
  CHECK(operation(verb::get, root + "/") == "ListFunctions ");
  CHECK(operation(verb::get, root + "/f") == "GetFunction f");
  CHECK(operation(verb::get, root + "/arn%3Aaws%3Alambda:r:1:function:f") ==
        "GetFunction arn:aws:lambda:r:1:function:f");
  CHECK(operation(verb::put, root + "/f/code/") == "UpdateFunctionCode f");
  CHECK(operation(verb::post, root + "/f/invocations?Qualifier=1") == "Invoke f");
  CHECK(operation(verb::get, "/_fsm/wait/f") == "wait f");
  CHECK(operation(verb::put, root + "/f") == "none");
  CHECK(operation(verb::get, root + "//configuration") == "none");
  CHECK(operation(verb::get, "/2016-03-31/functions") == "none");
  CHECK(operation(verb::get, "/") == "dashboard ");
  CHECK(operation(verb::get, "//") == "none");
}

TEST_CASE("base 64 is read strictly and written with padding") {
  for (const std::string bytes : {"", "a", "ab", "abc", "abcd", "\xff\xfe\xfd"}) {
    CHECK(wire::base64_decode(wire::base64_encode(bytes)) == bytes);
  }
  CHECK(wire::base64_encode("ab") == "YWI=");
  const std::string bad = GENERATE("a", "ab=", "a===", "YW I=", "YW=I", "Y!I=", "====");
  CHECK_FALSE(wire::base64_decode(bad));
}

TEST_CASE("digests are those of the standard, and every UUID is another one") {
  CHECK(wire::hex_encode(wire::sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(wire::random_uuid());
  CHECK(ids.size() == 1000);
  CHECK(ids.begin()->size() == 36);
  CHECK(ids.begin()->at(14) == '4');
}

TEST_CASE("violations are reported in one message, in the words of the service") {
  const auto one = verdict(R"({"Timeout": 1200})",
                           [](const wire::members& in) { (void)in.integer("Timeout", 1, 900); });
  CHECK(one.what == fault::validation);
  CHECK(one.message ==
        "1 validation error detected: Value '1200' at 'timeout' failed to satisfy constraint: "
        "Member must have "
        "value less than or equal to 900");
  const auto two = verdict(R"({"Mode": "x"})", [](const wire::members& in) {
    static constexpr std::array<std::string_view, 2> modes{"A", "B"};
    in.require("Role");
    (void)in.text("Mode", {.values = modes});
  });
  CHECK(two.message ==
        "2 validation errors detected: Value null at 'role' failed to satisfy constraint: Member "
        "must not be "
        "null; Value 'x' at 'mode' failed to satisfy constraint: Member must satisfy enum value "
        "set: [A, B]");
}

TEST_CASE("only the first fifty violations are reported") {
  const auto found = verdict("{}", [](const wire::members& in) {
    for (int i = 0; i < 1000; ++i) in.require("M" + std::to_string(i));
  });
  CHECK(found.message.starts_with("50 validation errors detected: Value null at 'm0' "));
  CHECK(found.message.find("'m49'") != std::string::npos);
  CHECK(found.message.find("'m50'") == std::string::npos);
}

TEST_CASE("lengths are counted in characters") {
  const auto read = [](const wire::members& in) { (void)in.text("Text", {.length_max = 3}); };
  CHECK(verdict(R"({"Text": "äöü"})", read).message == "nothing is wrong");
  CHECK(verdict(R"({"Text": "äöüß"})", read).what == fault::validation);
}

TEST_CASE("a wrong type is reported before any violation") {
  const auto found =
      verdict(R"({"Timeout": "1", "VpcConfig": {"SubnetIds": "a"}})", [](const wire::members& in) {
        in.require("Role");
        (void)in.object("VpcConfig")->texts("SubnetIds");
        (void)in.integer("Timeout", 1, 900);
      });
  CHECK(found.what == fault::serialization);
  CHECK(found.message == "STRING_VALUE can not be converted to a List at 'vpcConfig.subnetIds'");
}

TEST_CASE("numbers beyond all bounds, fractions and nulls are told apart") {
  const auto read = [](const wire::members& in) { (void)in.integer("N", 0, 9); };
  CHECK(verdict(R"({"N": 18446744073709551615})", read).message.find("'18446744073709551615'") !=
        std::string::npos);
  CHECK(verdict(R"({"N": 1.0})", read).what == fault::serialization);
  CHECK(verdict(R"({"N": null})", read).message == "nothing is wrong");
}

TEST_CASE("a body must be one JSON object, an empty one counts as such") {
  CHECK(wire::parse_body("")->empty());
  CHECK(wire::parse_body(" {\"a\": 1} ")->size() == 1);
  const auto [text, what] =
      GENERATE(std::tuple{"{", fault::invalid_request_content},
               std::tuple{"{}x", fault::invalid_request_content},
               std::tuple{"\"\xff\"", fault::invalid_request_content},
               std::tuple{"[]", fault::serialization}, std::tuple{"null", fault::serialization});
  CHECK(wire::parse_body(text).error().what == what);
  CHECK(wire::parse_body(std::string(100, '[')).error().what == fault::invalid_request_content);
}

TEST_CASE("a payload is any JSON, and what is not says where") {
  const std::string good = GENERATE("1", "null", "\"x\"", "{\"a\":[1,2,{}]}", " [1] ");
  CHECK_FALSE(wire::check_payload(good));
  CHECK_FALSE(wire::check_payload(std::string(400, '[') + std::string(400, ']')));
  CHECK(wire::check_payload(std::string(100'000, '[')));
  const auto wrong = wire::check_payload("{\n \"a\": x}");
  REQUIRE(wrong);
  CHECK(wrong->what == fault::invalid_request_content);
  CHECK(wrong->message.starts_with(
      "Could not parse request body into json: Could not parse payload into json: "));
  CHECK(wrong->message.ends_with("line: 2, column: 7]"));
}

TEST_CASE("what is no JSON from its first character on is described as the service does") {
  const auto detail = [](std::string_view text) {
    const auto message = wire::check_payload(text).value().message;
    const std::string head =
        "Could not parse request body into json: Could not parse payload into json: ";
    const std::string source =
        "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";
    REQUIRE(message.starts_with(head));
    const auto end = message.find(source);
    REQUIRE(end != std::string::npos);
    return message.substr(head.size(), end - head.size()) + " " +
           message.substr(end + source.size());
  };
  const std::string values =
      "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
  CHECK(detail("\x99\xeb,j") ==
        "Unexpected character ((CTRL-CHAR, code 153)): expected a valid "
        "value " +
            values + " line: 1, column: 1]");
  CHECK(detail("\n }") == "Unexpected character ('}' (code 125)): expected a valid value " +
                              values + " line: 2, column: 2]");
  CHECK(detail("n\x87r\x9e") == "Invalid UTF-8 start byte 0x87 line: 1, column: 3]");
  CHECK(detail("plain text") ==
        "Unrecognized token 'plain': was expecting " + values + " line: 1, column: 6]");
  CHECK(detail("nullx") ==
        "Unrecognized token 'nullx': was expecting " + values + " line: 1, column: 6]");
  CHECK_FALSE(wire::check_payload(" null"));
}

TEST_CASE("an error has status, name, request id, and its message under the right key") {
  const auto conflict = wire::to_response({fault::resource_conflict, "text", {}}, "id");
  CHECK(conflict.result_int() == 409);
  CHECK(conflict["X-Amzn-Errortype"] == "ResourceConflictException");
  CHECK(conflict["X-Amzn-Requestid"] == "id");
  CHECK(conflict.body() == R"({"Type":"User","message":"text"})");
  CHECK(wire::to_response({fault::resource_not_found, "text", {}}, "id").body() ==
        R"({"Type":"User","Message":"text"})");
  CHECK(wire::to_response({fault::service, "text", {}}, "id").body() ==
        R"({"Type":"Service","Message":"text"})");
  CHECK(wire::to_response({fault::validation, "text", {}}, "id").body() == R"({"message":"text"})");
  CHECK(wire::to_response({fault::access_denied, {}, {}, true}, "id").body() ==
        R"({"message":null})");
  const auto busy = wire::to_response({fault::too_many_requests, "text", "Why"}, "id");
  CHECK(busy.body() == R"({"Type":"User","Reason":"Why","message":"text"})");
  CHECK(busy["Retry-After"] == "1");
}

TEST_CASE("the runtime's refusals of changes have the texts of the service") {
  const auto text = [](fsm::error why) { return wire::explain(why, f).message; };
  CHECK(text({fsm::errc::already_exists, {}}) == "Function already exist: f");
  CHECK(text({fsm::errc::not_found, {}}) == "Function not found: ARN:f:$LATEST");
  CHECK(text({fsm::errc::state_conflict, {}, fsm::state::pending, fsm::reason_code::creating}) ==
        "The operation cannot be performed at this time. The resource ARN:f is currently in the "
        "following state: "
        "'Pending'. StateReasonCode: 'Creating'");
  CHECK(text({fsm::errc::update_in_progress, {}}) ==
        "The operation cannot be performed at this time. An update is in progress for resource: "
        "ARN:f");
  CHECK(wire::explain({fsm::errc::revision_mismatch, {}}, f).what == fault::precondition_failed);
  CHECK(wire::explain({fsm::errc::too_many_requests, {}}, f).what == fault::too_many_requests);
  CHECK(wire::explain({fsm::errc::stopped, {}}, f).what == fault::service_unavailable);
  CHECK(wire::explain({fsm::errc::outcome_unknown, {}}, f).what == fault::service);
}

TEST_CASE("an invocation of a failed function is told the cause") {
  using enum fsm::reason_code;
  const auto [cause, what] =
      GENERATE(std::tuple{eni_limit_exceeded, fault::eni_limit_reached},
               std::tuple{subnet_out_of_ip_addresses, fault::subnet_ip_address_limit_reached},
               std::tuple{invalid_subnet, fault::invalid_subnet_id},
               std::tuple{invalid_security_group, fault::invalid_security_group_id},
               std::tuple{insufficient_role_permissions, fault::ec2_access_denied},
               std::tuple{image_deleted, fault::code_artifact_user_deleted},
               std::tuple{image_access_denied, fault::code_artifact_user_failed},
               std::tuple{internal_error, fault::service},
               std::tuple{invalid_configuration, fault::resource_conflict});
  CHECK(wire::explain_invoke({fsm::errc::function_failed, {}, fsm::state::failed, cause}, f).what ==
        what);
}

TEST_CASE("a host is recognised whatever its form") {
  CHECK(http::host_of("Localhost:9001") == "localhost");
  CHECK(http::host_of("[::1]:80") == "::1");
  CHECK(http::host_of("127.0.0.1") == "127.0.0.1");
  const http::guard guard{"http", "0.0.0.0", {"Lambda.Example"}};
  const auto passes = [&](const std::string& host) {
    http::request_head head;
    head.target("/");
    head.set(http::proto::field::host, host);
    return !guard.objection(head);
  };
  for (const auto* host :
       {"localhost", "a.localhost:1", "127.9.9.9", "[::1]", "0.0.0.0:9001", "lambda.example"})
    CHECK(passes(host));
  for (const auto* host : {"", "evil.example", "127.0.0.1.evil", "[::2]", "[", "10.0.0.1"})
    CHECK_FALSE(passes(host));
}
