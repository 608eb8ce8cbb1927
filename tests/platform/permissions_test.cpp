#include "site_fixture.hpp"

#include <boost/json/array.hpp>

// Who may use a function: AddPermission, GetPolicy, RemovePermission.

using namespace platform::testing;

namespace {

const std::string policy_path = functions_path + "/f/policy";
const std::string arn = arn_head + "f";

json::object permission(const std::string& id, json::object more = {}) {
  json::object result{
      {"StatementId", id}, {"Action", "lambda:InvokeFunction"}, {"Principal", "s3.amazonaws.com"}};
  for (const auto& [key, value] : more) result[key] = value;
  return result;
}

json::value statement(const answer& of) { return json::parse(of.text("Statement")); }

json::array statements(const answer& of) {
  return json::parse(of.text("Policy")).at("Statement").as_array();
}

}  // namespace

TEST_CASE("a permission becomes a statement, and statements a policy, in their order") {
  site_under_test s;
  s.create("f");
  const auto added =
      s.ask(verb::post, policy_path, permission("s3", {{"SourceArn", "arn:aws:s3:::bucket"}}));
  REQUIRE(added.status == 201);
  const auto wanted = json::parse(R"({
    "Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f",
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}})");
  CHECK(statement(added) == wanted);
  REQUIRE(s.ask(verb::post, policy_path, permission("plain")).status == 201);
  const auto shown = s.ask(verb::get, policy_path);
  const auto policy = json::parse(shown.text("Policy"));
  CHECK(policy.at("Version") == "2012-10-17");
  CHECK(policy.at("Id") == "default");
  REQUIRE(statements(shown).size() == 2);
  CHECK(statements(shown)[0] == wanted);
  CHECK_FALSE(statements(shown)[1].as_object().contains("Condition"));
}

TEST_CASE("principals and conditions take the forms they have in policies") {
  site_under_test s;
  s.create("f");
  const auto added = [&](const char* id, json::object more) {
    return statement(s.ask(verb::post, policy_path, permission(id, std::move(more))));
  };
  CHECK(added("all", {{"Principal", "*"}}).at("Principal") == "*");
  CHECK(added("account", {{"Principal", "123456789012"}}).at("Principal") ==
        json::parse(R"({"AWS": "arn:aws:iam::123456789012:root"})"));
  CHECK(added("user", {{"Principal", "arn:aws:iam::123456789012:user/me"}}).at("Principal") ==
        json::parse(R"({"AWS": "arn:aws:iam::123456789012:user/me"})"));
  CHECK(added("url", {{"Principal", "*"},
                      {"Action", "lambda:InvokeFunctionUrl"},
                      {"FunctionUrlAuthType", "NONE"},
                      {"SourceAccount", "123456789012"},
                      {"SourceArn", "arn:aws:s3:::bucket"},
                      {"PrincipalOrgID", "o-1234567890"}})
            .at("Condition") == json::parse(R"({
              "StringEquals": {"AWS:SourceAccount": "123456789012",
                               "lambda:FunctionUrlAuthType": "NONE",
                               "aws:PrincipalOrgID": "o-1234567890"},
              "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}})"));
  CHECK(added("skill", {{"EventSourceToken", "amzn1.ask.skill.x"}}).at("Condition") ==
        json::parse(R"({"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}})"));
  CHECK(added("via", {{"InvokedViaFunctionUrl", true}}).at("Condition") ==
        json::parse(R"({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}})"));
}

TEST_CASE("a permission that is wrong is refused by what is wrong, and nothing is kept") {
  site_under_test s;
  s.create("f");
  const auto refused = [&](json::object more, const std::string& query = "") {
    return s.ask(verb::post, policy_path + query, permission("s3", std::move(more)));
  };
  CHECK(refused({{"StatementId", "example.com"}}).message() ==
        "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)");
  CHECK(refused({{"Action", "s3:Get"}}).error == "ValidationException");
  CHECK(refused({{"Action", nullptr}}).message() ==
        "1 validation error detected: Value null at 'action' failed to satisfy constraint: Member "
        "must not be null");
  CHECK(refused({{"SourceAccount", "1"}}).error == "ValidationException");
  CHECK(refused({{"SourceArn", "bucket"}}).error == "ValidationException");
  CHECK(refused({{"FunctionUrlAuthType", "SOME"}}).error == "ValidationException");
  CHECK(refused({{"FunctionUrlAuthType", "NONE"}}).message() ==
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
  CHECK(refused({{"Principal", "invalid.nonaws.com"}}).message() ==
        "The provided principal was invalid. Please check the principal and try again.");
  CHECK(refused({}, "?Qualifier=$LATEST").message() ==
        "We currently do not support adding policies for $LATEST.");
  CHECK(refused({}, "?Qualifier=42").message() == "Function not found: " + arn + ":42");
  CHECK(refused({}, "?Qualifier=blue").message() == "Cannot find alias arn: " + arn + ":blue");
  CHECK(refused({}, "?Qualifier=a$b").message() == "Function not found: " + arn + ":a$b");
  CHECK(s.ask(verb::post, functions_path + "/nobody/policy", permission("s3")).message() ==
        "Function not found: " + arn_head + "nobody");
  for (const std::string query :
       {"", "?Qualifier=42", "?Qualifier=99999999999", "?Qualifier=a$b"}) {
    const auto none = s.ask(verb::get, policy_path + query);
    CHECK(none.status == 404);
    CHECK(none.message() == "The resource you requested does not exist.");
  }
}

TEST_CASE("a statement id is given once per policy") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.ask(verb::post, policy_path, permission("s3")).status == 201);
  const auto again = s.ask(verb::post, policy_path, permission("s3"));
  CHECK(again.status == 409);
  CHECK(again.error == "ResourceConflictException");
  CHECK(again.message() ==
        "The statement id (s3) provided already exists. Please provide a new statement id, or "
        "remove the existing statement.");
  REQUIRE(s.publish("f") == "1");
  CHECK(s.ask(verb::post, policy_path + "?Qualifier=1", permission("s3")).status == 201);
}

TEST_CASE("statements are removed one by one, and with the last one the policy") {
  site_under_test s;
  s.create("f");
  const auto missing = s.ask(verb::delete_, policy_path + "/s3");
  CHECK(missing.status == 404);
  CHECK(missing.message() == "No policy is associated with the given resource.");
  REQUIRE(s.ask(verb::post, policy_path, permission("a")).status == 201);
  REQUIRE(s.ask(verb::post, policy_path, permission("b")).status == 201);
  CHECK(s.ask(verb::delete_, policy_path + "/c").message() ==
        "Statement c is not found in resource policy.");
  const auto removed = s.ask(verb::delete_, policy_path + "/a");
  CHECK(removed.status == 204);
  CHECK_FALSE(removed.raw["X-Fsm-Sequence"].empty());
  const auto left = statements(s.ask(verb::get, policy_path));
  REQUIRE(left.size() == 1);
  CHECK(left[0].at("Sid") == "b");
  CHECK(s.ask(verb::delete_, policy_path + "/b").status == 204);
  CHECK(s.ask(verb::get, policy_path).status == 404);
  CHECK(s.ask(verb::delete_, functions_path + "/nobody/policy/a").message() ==
        "No policy found for: " + arn_head + "nobody");
  CHECK(s.ask(verb::delete_, policy_path + "/a?Qualifier=blue").message() ==
        "Cannot find alias arn: " + arn + ":blue");
}

TEST_CASE("the policies of a function, a version and an alias are three") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.point("blue", "1").status == 201);
  for (const std::string qualifier : {"", "?Qualifier=1", "?Qualifier=blue"}) {
    REQUIRE(s.ask(verb::get, policy_path + qualifier).status == 404);
    const auto added = s.ask(verb::post, policy_path + qualifier, permission("s3"));
    REQUIRE(added.status == 201);
    CHECK_FALSE(added.raw["X-Fsm-Sequence"].empty());
  }
  const auto resource = [&](const std::string& qualifier) {
    return statements(s.ask(verb::get, policy_path + qualifier))[0].at("Resource");
  };
  CHECK(resource("") == json::value(arn));
  CHECK(resource("?Qualifier=1") == json::value(arn + ":1"));
  CHECK(resource("?Qualifier=blue") == json::value(arn + ":blue"));
  CHECK(s.ask(verb::get, policy_path + "?Qualifier=$LATEST").status == 404);
  CHECK(s.ask(verb::delete_, policy_path + "/s3?Qualifier=1").status == 204);
  CHECK(s.ask(verb::get, policy_path).status == 200);
}

TEST_CASE("a change of a policy renews the revision of what it belongs to, and of nothing else") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.point("blue", "1").status == 201);
  const auto alias_revision = [&] {
    return s.ask(verb::get, functions_path + "/f/aliases/blue").text("RevisionId");
  };
  const auto function = s.revision("f");
  const auto version = s.revision("f:1");
  const auto alias = alias_revision();
  REQUIRE(s.ask(verb::post, policy_path, permission("s3")).status == 201);
  CHECK(s.revision("f") != function);
  CHECK(s.ask(verb::get, policy_path).text("RevisionId") == s.revision("f"));
  CHECK(s.revision("f:1") == version);
  REQUIRE(s.ask(verb::post, policy_path + "?Qualifier=1", permission("s3")).status == 201);
  CHECK(s.revision("f:1") != version);
  CHECK(s.ask(verb::get, policy_path + "?Qualifier=1").text("RevisionId") == s.revision("f:1"));
  CHECK(alias_revision() == alias);
  REQUIRE(s.ask(verb::post, policy_path + "?Qualifier=blue", permission("s3")).status == 201);
  CHECK(alias_revision() != alias);
  CHECK(s.ask(verb::get, policy_path + "?Qualifier=blue").text("RevisionId") == alias_revision());
}

TEST_CASE("a policy has a revision of its own, which a change may name") {
  site_under_test s;
  s.create("f");
  const auto wrong = s.ask(verb::post, policy_path, permission("s3", {{"RevisionId", "wrong"}}));
  CHECK(wrong.status == 412);
  CHECK(wrong.error == "PreconditionFailedException");
  CHECK(wrong.message() ==
        "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to "
        "retrieve the latest Revision Id");
  // There is no policy yet: the function's counts.
  REQUIRE(
      s.ask(verb::post, policy_path, permission("a", {{"RevisionId", s.revision("f")}})).status ==
      201);
  const auto policy = s.ask(verb::get, policy_path).text("RevisionId");
  REQUIRE(s.publish("f") == "1");
  CHECK(s.revision("f") != policy);
  CHECK(s.ask(verb::get, policy_path).text("RevisionId") == policy);
  CHECK(s.ask(verb::post, policy_path, permission("b", {{"RevisionId", policy}})).status == 201);
  CHECK(s.ask(verb::delete_, policy_path + "/a?RevisionId=" + policy).status == 412);
  const auto current = s.ask(verb::get, policy_path).text("RevisionId");
  CHECK(s.ask(verb::delete_, policy_path + "/a?RevisionId=" + current).status == 204);
}

TEST_CASE("a policy is 20,480 bytes at most") {
  site_under_test s;
  s.create("f");
  const std::string long_arn = "arn:aws:s3:::" + std::string(9'900, 'b');
  REQUIRE(s.ask(verb::post, policy_path, permission("a", {{"SourceArn", long_arn}})).status == 201);
  REQUIRE(s.ask(verb::post, policy_path, permission("b", {{"SourceArn", long_arn}})).status == 201);
  const auto before = s.ask(verb::get, policy_path).text("Policy");
  REQUIRE(before.size() <= 20'480);
  const auto refused = s.ask(
      verb::post, policy_path,
      permission("c", {{"SourceArn", "arn:aws:s3:::" + std::string(20'480 - before.size(), 'b')}}));
  CHECK(refused.status == 400);
  CHECK(refused.error == "PolicyLengthExceededException");
  CHECK(refused.message().ends_with(") is bigger than the limit (20480)."));
  CHECK(s.ask(verb::get, policy_path).text("Policy") == before);
}

TEST_CASE("a policy goes with its alias, its version and its function") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.point("blue", "1").status == 201);
  for (const std::string qualifier : {"", "?Qualifier=1", "?Qualifier=blue"}) {
    REQUIRE(s.ask(verb::post, policy_path + qualifier, permission("s3")).status == 201);
  }
  REQUIRE(s.ask(verb::delete_, functions_path + "/f/aliases/blue").status == 204);
  REQUIRE(s.point("blue", "1").status == 201);
  CHECK(s.ask(verb::get, policy_path + "?Qualifier=blue").status == 404);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f").status == 204);
  s.create("f");
  CHECK(s.ask(verb::get, policy_path).status == 404);
  REQUIRE(s.publish("f") == "1");
  CHECK(s.ask(verb::get, policy_path + "?Qualifier=1").status == 404);
}
