#include "site_fixture.hpp"

#include <boost/json/array.hpp>

#include <atomic>
#include <thread>

// What functions have for themselves of the account's concurrency, and the account's numbers.

using namespace platform::testing;
using namespace std::chrono_literals;
using platform::wire::attributes;

namespace {

const std::string arn = arn_head + "f";

std::string reserve_path(const std::string& name = "f") {
  return "/2017-10-31/functions/" + name + "/concurrency";
}
const std::string reserved_path = "/2019-09-30/functions/f/concurrency";

std::string provisioned_path(const std::string& qualifier, const std::string& name = "f") {
  return "/2019-09-30/functions/" + name + "/provisioned-concurrency?Qualifier=" + qualifier;
}

json::object reserved(std::int64_t count) { return {{"ReservedConcurrentExecutions", count}}; }
json::object provisioned(std::int64_t count) {
  return {{"ProvisionedConcurrentExecutions", count}};
}

}  // namespace

TEST_CASE("a reservation is kept, shown, and taken from what others share, until it is deleted") {
  site_under_test s;
  s.create("f");
  CHECK(s.ask(verb::get, reserved_path).raw.body() == "{}");
  const auto put = s.ask(verb::put, reserve_path(), reserved(10));
  CHECK(put.status == 200);
  CHECK(put.body == json::value(reserved(10)));
  CHECK_FALSE(put.raw["X-Fsm-Sequence"].empty());
  CHECK(s.ask(verb::get, reserved_path).body == json::value(reserved(10)));
  CHECK(s.ask(verb::get, functions_path + "/f").body.at("Concurrency") ==
        json::value(reserved(10)));
  CHECK(s.limiter.reserved("f") == 10U);
  CHECK(s.limiter.unreserved() == 990);
  const auto deleted = s.ask(verb::delete_, reserve_path());
  CHECK(deleted.status == 204);
  CHECK(s.ask(verb::get, reserved_path).raw.body() == "{}");
  CHECK_FALSE(s.limiter.reserved("f"));
  CHECK(s.limiter.unreserved() == 1000);
}

TEST_CASE("a reservation of nothing is one") {
  site_under_test s;
  s.create("f");
  CHECK(s.ask(verb::put, reserve_path(), reserved(0)).status == 200);
  CHECK(s.ask(verb::get, reserved_path).body == json::value(reserved(0)));
  CHECK(s.limiter.reserved("f") == 0U);
}

TEST_CASE("invocations keep to a reservation, and what is provisioned is part of it") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  const auto invoke = [&](const std::string& name) {
    return s.ask(verb::post, functions_path + "/" + name + "/invocations", {{"n", 1}});
  };
  REQUIRE(s.ask(verb::put, reserve_path(), reserved(0)).status == 200);
  const auto refused = invoke("f");
  CHECK(refused.status == 429);
  CHECK(refused.error == "TooManyRequestsException");
  CHECK(refused.message() == "Rate Exceeded.");
  CHECK(refused.text("Reason") == "ReservedFunctionConcurrentInvocationLimitExceeded");
  CHECK(invoke("f:1").status == 429);
  REQUIRE(s.ask(verb::put, reserve_path(), reserved(1)).status == 200);
  CHECK(invoke("f").status == 200);
  REQUIRE(s.ask(verb::put, provisioned_path("1"), provisioned(1)).status == 202);
  CHECK(invoke("f").text("Reason") == "ReservedFunctionConcurrentInvocationLimitExceeded");
  CHECK(invoke("f:1").status == 200);
  REQUIRE(s.ask(verb::delete_, reserve_path()).status == 204);
  CHECK(invoke("f").status == 200);
}

TEST_CASE("what cannot be reserved is refused, and what there was stays") {
  site_under_test s;
  s.create("f");
  CHECK(s.ask(verb::put, reserve_path("nobody"), reserved(5000)).message() ==
        "Function not found: " + arn_head + "nobody:$LATEST");
  CHECK(s.ask(verb::put, reserve_path("f:$LATEST"), reserved(0)).message() ==
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN.");
  CHECK(s.ask(verb::put, reserve_path(), reserved(-1)).error == "ValidationException");
  CHECK(s.ask(verb::put, reserve_path()).message() ==
        "1 validation error detected: Value null at 'reservedConcurrentExecutions' failed to "
        "satisfy constraint: Member must not be null");
  REQUIRE(s.ask(verb::put, reserve_path(), reserved(900)).status == 200);
  const auto refused = s.ask(verb::put, reserve_path(), reserved(901));
  CHECK(refused.error == "InvalidParameterValueException");
  CHECK_FALSE(refused.typed());
  CHECK(refused.message() ==
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].");
  CHECK(s.ask(verb::get, reserved_path).body == json::value(reserved(900)));
  CHECK(s.limiter.reserved("f") == 900U);
  CHECK(s.ask(verb::get, "/2019-09-30/functions/nobody/concurrency").message() ==
        "Function not found: " + arn_head + "nobody");
}

TEST_CASE("provisioned instances are there after a while") {
  site_under_test s;
  REQUIRE(s.world->replace(R"({"provision_time": "60s"})"));
  s.create("f");
  s.clock->advance(60s);
  REQUIRE(s.publish("f") == "1");
  const auto put = s.ask(verb::put, provisioned_path("1"), provisioned(5));
  CHECK(put.status == 202);
  CHECK_FALSE(put.raw["X-Fsm-Sequence"].empty());
  CHECK(put.body == json::parse(R"({
    "RequestedProvisionedConcurrentExecutions": 5, "AvailableProvisionedConcurrentExecutions": 0,
    "AllocatedProvisionedConcurrentExecutions": 0, "Status": "IN_PROGRESS",
    "LastModified": "2026-01-01T00:01:02+0000"})"));
  CHECK(s.ask(verb::get, provisioned_path("1")).body == put.body);
  CHECK(s.limiter.provisioned("f", "1") == 5);
  s.clock->advance(60s);
  const auto ready = s.ask(verb::get, provisioned_path("1"));
  CHECK(ready.text("Status") == "READY");
  CHECK(ready.body.at("AllocatedProvisionedConcurrentExecutions") == 5);
  CHECK(ready.body.at("AvailableProvisionedConcurrentExecutions") == 5);
  const auto more = s.ask(verb::put, provisioned_path("1"), provisioned(8));
  CHECK(more.text("Status") == "IN_PROGRESS");
  CHECK(more.body.at("AllocatedProvisionedConcurrentExecutions") == 5);
  CHECK(s.ask(verb::delete_, provisioned_path("1")).status == 204);
  CHECK(s.limiter.provisioned("f", "1") == 0);
  const auto gone = s.ask(verb::get, provisioned_path("1"));
  CHECK(gone.status == 404);
  CHECK(gone.error == "ProvisionedConcurrencyConfigNotFoundException");
  CHECK(gone.message() == "No Provisioned Concurrency Config found for this function");
  CHECK(s.ask(verb::delete_, provisioned_path("1")).status == 204);
}

TEST_CASE("only published versions have provisioned instances, by themselves or by an alias") {
  site_under_test s;
  s.create("f");
  const auto put = [&](const std::string& qualifier, const std::string& name = "f") {
    return s.ask(verb::put, provisioned_path(qualifier, name), provisioned(1)).message();
  };
  CHECK(put("$LATEST") ==
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  REQUIRE(s.point("latest", "$LATEST").status == 201);
  CHECK(put("latest") ==
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  for (const auto method : {verb::get, verb::delete_}) {
    CHECK(s.ask(method, provisioned_path("$LATEST")).message() ==
          "The function resource provided must be an alias or a published version.");
    CHECK(s.ask(method, provisioned_path("10")).message() == "Function not found: " + arn + ":10");
    CHECK(s.ask(method, provisioned_path("none")).message() ==
          "Cannot find alias arn: " + arn + ":none");
  }
  CHECK(put("10") == "Function not found: " + arn + ":10");
  CHECK(put("none") == "Cannot find alias arn: " + arn + ":none");
  CHECK(put("1", "nobody") == "Function not found: " + arn_head + "nobody:1");
  CHECK(put("none", "nobody") == "Cannot find alias arn: " + arn_head + "nobody:none");
  CHECK(s.ask(verb::put, provisioned_path("1"), provisioned(0)).message() ==
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to "
        "satisfy constraint: Member must have value greater than or equal to 1");
  CHECK(s.ask(verb::get, "/2019-09-30/functions/f/provisioned-concurrency").error ==
        "ValidationException");
}

TEST_CASE("a version has provisioned instances by itself or by an alias, not both") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.publish("f") == "2");
  REQUIRE(s.point("blue", "1").status == 201);
  REQUIRE(s.ask(verb::put, provisioned_path("1"), provisioned(1)).status == 202);
  const auto on_alias = s.ask(verb::put, provisioned_path("blue"), provisioned(1));
  CHECK(on_alias.status == 409);
  CHECK(on_alias.message() ==
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
        "version");
  REQUIRE(s.ask(verb::delete_, provisioned_path("1")).status == 204);
  REQUIRE(s.ask(verb::put, provisioned_path("blue"), provisioned(3)).status == 202);
  const auto on_version = s.ask(verb::put, provisioned_path("1"), provisioned(1));
  CHECK(on_version.status == 409);
  CHECK(on_version.message() == "Version is pointed by a Provisioned Concurrency alias");
  // They move with the alias, and go with it.
  CHECK(s.limiter.provisioned("f", "1") == 3);
  REQUIRE(s.ask(verb::put, functions_path + "/f/aliases/blue", {{"FunctionVersion", "2"}}).status ==
          200);
  CHECK(s.limiter.provisioned("f", "1") == 0);
  CHECK(s.limiter.provisioned("f", "2") == 3);
  REQUIRE(s.ask(verb::put, provisioned_path("1"), provisioned(1)).status == 202);
  CHECK(s.ask(verb::put, functions_path + "/f/aliases/blue", {{"FunctionVersion", "1"}}).status ==
        409);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f/aliases/blue").status == 204);
  CHECK(s.limiter.provisioned("f", "2") == 0);
  CHECK(s.ask(verb::get, provisioned_path("blue")).message() ==
        "Cannot find alias arn: " + arn + ":blue");
  REQUIRE(s.point("two", "1").status == 201);
  REQUIRE(s.ask(verb::put, functions_path + "/f/aliases/two",
                {{"FunctionVersion", "2"},
                 {"RoutingConfig", json::object{{"AdditionalVersionWeights", {{"1", 0.5}}}}}})
              .status == 200);
  CHECK(s.ask(verb::put, provisioned_path("two"), provisioned(1)).message() ==
        "Alias with weights can not be used with Provisioned Concurrency");
}

TEST_CASE("an alias with provisioned instances stays one that may have them") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.publish("f") == "2");
  REQUIRE(s.point("blue", "1").status == 201);
  REQUIRE(s.ask(verb::put, provisioned_path("blue"), provisioned(3)).status == 202);
  const auto update = [&](const json::object& change) {
    return s.ask(verb::put, functions_path + "/f/aliases/blue", change);
  };
  const json::object weights{
      {"RoutingConfig", json::object{{"AdditionalVersionWeights", {{"2", 0.5}}}}}};
  const auto weighted = update(weights);
  CHECK(weighted.error == "InvalidParameterValueException");
  CHECK(weighted.message() == "Alias with weights can not be used with Provisioned Concurrency");
  const auto latest = update({{"FunctionVersion", "$LATEST"}});
  CHECK(latest.error == "InvalidParameterValueException");
  CHECK(latest.message() ==
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  const auto now = s.ask(verb::get, functions_path + "/f/aliases/blue");
  CHECK(now.text("FunctionVersion") == "1");
  CHECK_FALSE(now.body.as_object().contains("RoutingConfig"));
  CHECK(s.limiter.provisioned("f", "1") == 3);
  REQUIRE(s.ask(verb::delete_, provisioned_path("blue")).status == 204);
  CHECK(update(weights).status == 200);
}

TEST_CASE("what is provisioned is part of a reservation, and else of what others share") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  const auto put = [&](std::int64_t count) {
    return s.ask(verb::put, provisioned_path("1"), provisioned(count));
  };
  const auto beyond = put(1001);
  CHECK(beyond.message() ==
        "Specified ConcurrentExecutions for function is greater than account's "
        "unreserved concurrency [1000].");
  CHECK_FALSE(beyond.typed());
  const auto too_much = put(1000);
  CHECK(too_much.message() ==
        "Specified ConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].");
  CHECK_FALSE(too_much.typed());
  CHECK(s.limiter.unreserved() == 1000);
  REQUIRE(put(2).status == 202);
  CHECK(s.limiter.unreserved() == 998);
  const auto too_little = s.ask(verb::put, reserve_path(), reserved(1));
  CHECK(too_little.message() ==
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned "
        "concurrency [2].");
  CHECK_FALSE(too_little.typed());
  REQUIRE(s.ask(verb::put, reserve_path(), reserved(4)).status == 200);
  CHECK(s.limiter.unreserved() == 996);
  const auto more = put(5);
  CHECK(more.message() ==
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function");
  CHECK(more.typed());
  CHECK(put(4).status == 202);
  CHECK(s.limiter.unreserved() == 996);
}

TEST_CASE("the provisioned versions of a function are listed, page by page") {
  site_under_test s;
  s.create("f");
  const std::string list = "/2019-09-30/functions/f/provisioned-concurrency?List=ALL";
  CHECK(s.ask(verb::get, list).body == json::parse(R"({"ProvisionedConcurrencyConfigs": []})"));
  for (const std::string version : {"1", "2", "3"}) {
    REQUIRE(s.publish("f") == version);
    REQUIRE(s.ask(verb::put, provisioned_path(version), provisioned(1)).status == 202);
  }
  const auto first = s.ask(verb::get, list + "&MaxItems=2");
  const auto& configs = first.body.at("ProvisionedConcurrencyConfigs").as_array();
  REQUIRE(configs.size() == 2);
  CHECK(configs[0].at("FunctionArn") == json::value(arn + ":1"));
  CHECK(configs[1].at("RequestedProvisionedConcurrentExecutions") == 1);
  const auto rest = s.ask(verb::get, list + "&Marker=" + first.text("NextMarker"));
  CHECK(rest.body.at("ProvisionedConcurrencyConfigs").as_array().size() == 1);
  CHECK_FALSE(rest.body.as_object().contains("NextMarker"));
  CHECK(s.ask(verb::get, list + "&MaxItems=51").error == "ValidationException");
  CHECK(
      s.ask(verb::get, "/2019-09-30/functions/nobody/provisioned-concurrency?List=ALL").message() ==
      "Function not found: " + arn_head + "nobody");
}

TEST_CASE("limits go with the version and the function that had them") {
  site_under_test s;
  s.create("f");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.ask(verb::put, provisioned_path("1"), provisioned(7)).status == 202);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f?Qualifier=1").status == 204);
  CHECK(s.limiter.unreserved() == 1000);
  REQUIRE(s.ask(verb::put, reserve_path(), reserved(30)).status == 200);
  REQUIRE(s.ask(verb::delete_, functions_path + "/f").status == 204);
  CHECK(s.limiter.unreserved() == 1000);
  s.create("f");
  CHECK(s.ask(verb::get, reserved_path).raw.body() == "{}");
}

TEST_CASE("limits hold again after a restart") {
  const auto store = fsm::make_memory_store();
  {
    site_under_test s{store};
    s.create("f");
    s.create("g");
    REQUIRE(s.publish("f") == "1");
    REQUIRE(s.publish("f") == "2");
    REQUIRE(s.point("blue", "2").status == 201);
    REQUIRE(s.ask(verb::put, reserve_path(), reserved(30)).status == 200);
    REQUIRE(s.ask(verb::put, provisioned_path("1"), provisioned(3)).status == 202);
    REQUIRE(s.ask(verb::put, provisioned_path("blue"), provisioned(4)).status == 202);
    REQUIRE(s.ask(verb::put, reserve_path("g"), reserved(0)).status == 200);
    s.functions.stop();
  }
  site_under_test s{store};
  CHECK(s.limiter.reserved("f") == 30U);
  CHECK(s.limiter.provisioned("f", "1") == 3);
  CHECK(s.limiter.provisioned("f", "2") == 4);
  CHECK(s.limiter.reserved("g") == 0U);
  CHECK(s.limiter.unreserved() == 970);
  CHECK(s.book->versions() == 2);
}

TEST_CASE(
    "limits that no longer fit into the account do not hold after a restart, and all else does") {
  const auto store = fsm::make_memory_store();
  {
    site_under_test s{store};
    s.create("f");
    s.create("g");
    s.create("h");
    REQUIRE(s.publish("f") == "1");
    REQUIRE(s.ask(verb::put, provisioned_path("1"), provisioned(300)).status == 202);
    REQUIRE(s.ask(verb::put, reserve_path("g"), reserved(400)).status == 200);
    REQUIRE(s.ask(verb::put, reserve_path("h"), reserved(20)).status == 200);
    s.functions.stop();
  }
  site_under_test s{store, 250};
  CHECK(s.limiter.provisioned("f", "1") == 0);
  CHECK_FALSE(s.limiter.reserved("g"));
  CHECK(s.limiter.reserved("h") == 20U);
  CHECK(s.limiter.unreserved() == 230);
  const auto warned = [&](const std::string& text) {
    return s.log_text.str().find(text) != std::string::npos;
  };
  CHECK(warned("limit does not hold function=\"f\" version=1 count=300 "));
  CHECK(warned("limit does not hold function=\"g\" version= count=400 "));
  CHECK_FALSE(warned("function=h"));
  // They are kept until somebody asks for less.
  CHECK(s.ask(verb::get, "/2019-09-30/functions/g/concurrency").body == json::value(reserved(400)));
  REQUIRE(s.ask(verb::put, reserve_path("g"), reserved(30)).status == 200);
  CHECK(s.limiter.reserved("g") == 30U);
  REQUIRE(s.ask(verb::delete_, provisioned_path("1")).status == 204);
  CHECK(s.limiter.unreserved() == 200);
}

TEST_CASE("instances that move from one version to another are nobody else's meanwhile") {
  fsm::concurrency_limiter limiter;
  platform::wire::function_locks locks;
  const auto move = [&](const attributes& from, const attributes& to) {
    return platform::wire::move_limits(limiter, locks, from, to);
  };
  const auto at = [](const std::string& version) {
    return attributes{.function = "f", .provisioned = {{version, {.wanted = 800}}}};
  };
  REQUIRE(move({.function = "f"}, at("1")));
  std::atomic<bool> over = false;
  std::thread other{[&] {
    while (!over) {
      const attributes none{.function = "g"};
      const attributes some{.function = "g", .reserved_concurrency = 500};
      if (move(none, some)) static_cast<void>(move(some, none));
    }
  }};
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (!move(at("1"), at("2"))) ++refused;
    if (!move(at("2"), at("1"))) ++refused;
  }
  over = true;
  other.join();
  CHECK(refused == 0);
  CHECK(limiter.provisioned("f", "1") == 800);
  CHECK(limiter.unreserved() == 200);
}

TEST_CASE("limits that do not fit change nothing") {
  fsm::concurrency_limiter limiter;
  platform::wire::function_locks locks;
  const attributes before{.function = "f", .provisioned = {{"1", {.wanted = 800}}}};
  REQUIRE(platform::wire::move_limits(limiter, locks, {.function = "f"}, before));
  const attributes after{.function = "f", .provisioned = {{"2", {.wanted = 901}}}};
  const auto moved = platform::wire::move_limits(limiter, locks, before, after);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().code == fsm::errc::invalid_argument);
  CHECK(limiter.provisioned("f", "1") == 800);
  CHECK(limiter.provisioned("f", "2") == 0);
}

TEST_CASE("the account shows its limits and what is used of them; versions are no functions") {
  site_under_test s;
  s.create("f");
  s.create("g");
  REQUIRE(s.publish("f") == "1");
  REQUIRE(s.publish("f") == "2");
  REQUIRE(s.ask(verb::delete_, functions_path + "/f?Qualifier=1").status == 204);
  REQUIRE(s.ask(verb::put, reserve_path(), reserved(30)).status == 200);
  s.functions.settle();
  REQUIRE(s.keeper.settle(10s));  // It looks at what it was not told.
  const auto shown = s.ask(verb::get, "/2016-08-19/account-settings/").body;
  CHECK(shown == json::parse(R"({
    "AccountLimit": {"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000,
                     "CodeSizeZipped": 52428800, "ConcurrentExecutions": 1000,
                     "UnreservedConcurrentExecutions": 970},
    "AccountUsage": {"TotalCodeSize": 66, "FunctionCount": 2}})"));
}
