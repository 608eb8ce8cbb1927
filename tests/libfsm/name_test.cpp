#include <fsm/name.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <random>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

using Catch::Matchers::ContainsSubstring;
using fsm::function_ref;
using fsm::name_rule;

namespace {

constexpr auto rules = {name_rule::create, name_rule::lookup};

function_ref parsed(std::string_view text, name_rule rule = name_rule::lookup) {
  auto ref = parse_function_ref(text, rule);
  INFO(text);
  REQUIRE(ref);
  return *ref;
}

std::string error_of(std::string_view text, name_rule rule = name_rule::lookup) {
  const auto ref = parse_function_ref(text, rule);
  INFO(text);
  REQUIRE_FALSE(ref);
  CHECK(ref.error().code == fsm::errc::invalid_argument);
  return ref.error().message;
}

}  // namespace

TEST_CASE("a bare name is the name and nothing else", "[name]") {
  for (const auto rule : rules) {
    CHECK(parsed("resize-Image_2", rule) == function_ref{"", "", "", "resize-Image_2", ""});
    CHECK(parsed("function", rule).name == "function");
    CHECK(parsed("arn", rule).name == "arn");
    CHECK(parsed("eu-central-1", rule).name == "eu-central-1");
    CHECK(parsed("123456789012", rule).name == "123456789012");
  }
}

TEST_CASE("every accepted form of a name gives its parts", "[name]") {
  for (const auto rule : rules) {
    CHECK(parsed("a:7", rule) == function_ref{"", "", "", "a", "7"});
    CHECK(parsed("a:$LATEST", rule) == function_ref{"", "", "", "a", "$LATEST"});
    CHECK(parsed("function:a", rule) == function_ref{"", "", "", "a", ""});
    CHECK(parsed("123456789012:function:a", rule) == function_ref{"", "", "123456789012", "a", ""});
    CHECK(parsed("123456789012:a:live", rule) == function_ref{"", "", "123456789012", "a", "live"});
    CHECK(parsed("eu-central-1:123456789012:function:a", rule) ==
          function_ref{"", "eu-central-1", "123456789012", "a", ""});
    CHECK(parsed("arn:aws:lambda:eu-central-1:123456789012:function:a", rule) ==
          function_ref{"aws", "eu-central-1", "123456789012", "a", ""});
    CHECK(parsed("arn:aws-cn:lambda:us-gov-west-1:123456789012:function:a:b", rule) ==
          function_ref{"aws-cn", "us-gov-west-1", "123456789012", "a", "b"});
    CHECK(parsed("arn::lambda:eu-central-1:123456789012:a", rule) ==
          function_ref{"", "eu-central-1", "123456789012", "a", ""});
  }
}

TEST_CASE("an ARN that ends in 'function' names the function called so", "[name]") {
  CHECK(parsed("arn:aws:lambda:eu-central-1:123456789012:function").name == "function");
  CHECK(parsed("function:function:function") == function_ref{"", "", "", "function", "function"});
}

TEST_CASE("what could be a prefix is the name when $LATEST follows", "[name]") {
  CHECK(parsed("function:$LATEST") == function_ref{"", "", "", "function", "$LATEST"});
  CHECK(parsed("eu-central-1:$LATEST") == function_ref{"", "", "", "eu-central-1", "$LATEST"});
  CHECK(parsed("123456789012:$LATEST.PUBLISHED").name == "123456789012");
}

TEST_CASE("a lookup takes dots and $LATEST.PUBLISHED, a create does not", "[name]") {
  CHECK(parsed("a.b").name == "a.b");
  CHECK(parsed("a:$LATEST.PUBLISHED").qualifier == "$LATEST.PUBLISHED");
  CHECK(error_of("a.b", name_rule::create) ==
        "character '.' at position 2 of the function name is not allowed (letters, digits, '-' and "
        "'_')");
  CHECK_THAT(error_of("a:$LATEST.PUBLISHED", name_rule::create),
             ContainsSubstring("character '$' at position 1 of the qualifier"));
}

TEST_CASE("regions of every kind are known", "[name]") {
  for (const auto* region : {"us-east-1", "ap-southeast-2", "us-gov-west-1", "us-iso-east-1",
                             "us-isob-east-1", "eusc-de-east-1", "us-gov-1"}) {
    CHECK(parsed(std::string{region} + ":a").region == region);
  }
  for (const auto* text : {"us-east-12", "us-east", "us--1", "usa-east-1", "us-isoBB-east-1",
                           "US-east-1", "eusc-east-1", "us-east-1-", "us-east-x", "-east-1"}) {
    CHECK(parsed(std::string{text} + ":a") == function_ref{"", "", "", text, "a"});
  }
}

TEST_CASE("an error says what is wrong and where", "[name]") {
  CHECK(error_of("my function") ==
        "character ' ' at position 3 of the function name is not allowed (letters, digits, '-', "
        "'_' and '.')");
  CHECK(error_of("a\x01") ==
        "character 0x01 at position 2 of the function name is not allowed (letters, digits, '-', "
        "'_' and '.')");
  CHECK_THAT(error_of("caf\xC3\xA9"), ContainsSubstring("character 0xc3 at position 4"));
  CHECK_THAT(error_of(std::string_view{"a\0b", 3}),
             ContainsSubstring("character 0x00 at position 2"));
  CHECK(error_of("") == "the function name is empty");
  CHECK(error_of("function:") == "the function name is empty");
  CHECK(error_of("a:") == "the qualifier after the function name is empty");
  CHECK_THAT(error_of("a:$LATES"),
             ContainsSubstring("character '$' at position 1 of the qualifier"));
  CHECK_THAT(error_of("a:$latest"), ContainsSubstring("or the whole is $LATEST"));
  CHECK(error_of("a:b:c") ==
        "nothing may follow the name 'a' but one qualifier, found 'b' and 'c'");
}

TEST_CASE("an ARN with a missing or foreign part is refused by name of the part", "[name]") {
  CHECK(error_of("arn:aws:lambda:eu-central-1") == "the ARN ends before the function name");
  CHECK(error_of("arn:aws:s3:eu-central-1:123456789012:a") ==
        "the ARN is of the service 's3', not of 'lambda'");
  CHECK(error_of("arn:ibm:lambda:eu-central-1:123456789012:a") ==
        "the partition 'ibm' of the ARN is not 'aws' or one of its kind");
  CHECK(error_of("arn:aws:lambda:123456789012:function:a") ==
        "the region '123456789012' of the ARN is not of the form 'eu-central-1'");
  CHECK(error_of("arn:aws:lambda:eu-central-1:function:a") ==
        "the account 'function' of the ARN is not made of 12 digits");
  CHECK_THAT(error_of("arn:aws:lambda:eu-central-1:123456789012:function:a:b:c"),
             ContainsSubstring("but one qualifier"));
  CHECK_THAT(error_of("arn:aws:lambda:eu-central-1:123456789012:function:a:b:c:d:e:f:g:h"),
             ContainsSubstring("but one qualifier"));
}

TEST_CASE("lengths are limited: 64 for a new name, 140 and 256 for the whole text", "[name]") {
  const std::string long_name(65, 'a');
  CHECK(parsed(std::string(64, 'a'), name_rule::create).name.size() == 64);
  CHECK(error_of(long_name, name_rule::create) ==
        "the function name is 65 characters long, at most 64 are allowed");
  CHECK_THAT(error_of("123456789012:function:" + long_name, name_rule::create),
             ContainsSubstring("at most 64"));
  CHECK(parsed(long_name, name_rule::lookup).name == long_name);
  CHECK_THAT(error_of(std::string(141, 'a'), name_rule::create), ContainsSubstring("at most 140"));
  CHECK(parsed(std::string(256, 'a')).name.size() == 256);
  CHECK_THAT(error_of(std::string(257, 'a')), ContainsSubstring("at most 256"));
}

TEST_CASE("the pattern is judged without the lengths", "[name]") {
  CHECK(matches_name_pattern(std::string(1000, 'a'), name_rule::create));
  CHECK_FALSE(matches_name_pattern(std::string(1000, ' '), name_rule::create));
  CHECK(fsm::matches_qualifier_pattern(std::string(1000, '1')));
  CHECK_FALSE(fsm::matches_qualifier_pattern(""));
}

TEST_CASE("a qualifier is a version, an alias or one of the two latests", "[name]") {
  for (const auto* text :
       {"$LATEST", "$LATEST.PUBLISHED", "$latest", "1", "live", "a-b_c", "a$b"}) {
    const auto qualifier = fsm::parse_qualifier(text);
    REQUIRE(qualifier);
    CHECK(*qualifier == text);
  }
  CHECK(fsm::parse_qualifier(std::string(128, 'q')));
  CHECK(fsm::parse_qualifier("").error().message == "the qualifier is empty");
  CHECK(fsm::parse_qualifier(std::string(129, 'q')).error().message ==
        "the qualifier is 129 characters long, at most 128 are allowed");
  CHECK_THAT(fsm::parse_qualifier("v 1").error().message,
             ContainsSubstring("character ' ' at position 2 of the qualifier is not allowed"));
  CHECK_FALSE(fsm::parse_qualifier("1.0"));
  CHECK_FALSE(fsm::parse_qualifier("$LATEST.PUBLISHED2"));
}

TEST_CASE("a qualifier given twice must be the same", "[name]") {
  const auto plain = parsed("a");
  const auto qualified = parsed("a:7");
  CHECK(resolve(plain, "")->qualifier.empty());
  CHECK(resolve(plain, "7")->qualifier == "7");
  CHECK(resolve(qualified, "")->qualifier == "7");
  CHECK(resolve(qualified, "7")->qualifier == "7");
  const auto differing = resolve(qualified, "8");
  REQUIRE_FALSE(differing);
  CHECK(differing.error().code == fsm::errc::invalid_argument);
  CHECK(differing.error().message ==
        "The derived qualifier from the function name does not match the specified qualifier.");
}

TEST_CASE("an ARN is written as the service writes it", "[name]") {
  CHECK(fsm::arn("", "eu-central-1", "123456789012", "a") ==
        "arn:aws:lambda:eu-central-1:123456789012:function:a");
  CHECK(fsm::arn("aws-cn", "cn-north-1", "123456789012", "a", "$LATEST") ==
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:a:$LATEST");
}

TEST_CASE("parsing the ARN of any reference gives the reference again", "[name][property]") {
  std::mt19937 random{20191125};
  const auto one_of = [&random](const auto& list) {
    return std::string{
        list[std::uniform_int_distribution<std::size_t>{0, list.size() - 1}(random)]};
  };
  const std::vector<std::string> partitions{"aws", "aws-cn", "aws-us-gov", "awsX-"};
  const std::vector<std::string> regions{"eu-central-1", "us-gov-west-1", "us-isob-east-1",
                                         "eusc-de-east-1"};
  const std::vector<std::string> accounts{"123456789012", "000000000000"};
  const std::vector<std::string> names{
      "a", "function", "arn", "lambda", "123456789012", "eu-central-1", "-", "_9"};
  const std::vector<std::string> qualifiers{"",         "$LATEST",      "1",
                                            "function", "eu-central-1", "123456789012"};
  for (int run = 0; run < 2000; ++run) {
    const function_ref ref{one_of(partitions), one_of(regions), one_of(accounts), one_of(names),
                           one_of(qualifiers)};
    for (const auto rule : rules) {
      const auto again = parse_function_ref(arn(ref), rule);
      INFO(arn(ref));
      REQUIRE(again);
      REQUIRE(*again == ref);
    }
  }
}

TEST_CASE("the parser accepts what the pattern accepts, ARNs without region or account aside",
          "[name][property]") {
  // The service's patterns in the regex dialect at hand, with the ARN's head as Get and Invoke
  // demand it.
  const std::string region = "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d";
  const std::string head = "(arn:(aws[a-zA-Z-]*)?:lambda:" + region + ":\\d{12}:|((" + region +
                           ":)?(\\d{12}:)?))(function:)?";
  const std::regex create{head + "([a-zA-Z0-9_-]+)(:(\\$LATEST|[a-zA-Z0-9_-]+))?"};
  const std::regex lookup{head + "([a-zA-Z0-9_.-]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9_-]+))?"};
  const std::vector<std::string> pieces{
      "arn",      "aws", "",    "lambda",  "eu-central-1",      "us-gov-1", "123456789012",
      "function", "a",   "b.c", "$LATEST", "$LATEST.PUBLISHED", "7",        "a b"};
  std::mt19937 random{35};
  std::uniform_int_distribution<std::size_t> piece{0, pieces.size() - 1};
  std::uniform_int_distribution<int> count{0, 7};
  std::size_t accepted = 0;
  for (int run = 0; run < 30'000; ++run) {
    std::string text = run % 3 == 0 ? "arn:aws:lambda:eu-central-1:123456789012:" : "";
    text += pieces[piece(random)];
    for (int more = run % 3 == 0 ? count(random) / 2 : count(random); more > 0; --more) {
      text += ":" + pieces[piece(random)];
    }
    INFO(text);
    REQUIRE(matches_name_pattern(text, name_rule::create) == std::regex_match(text, create));
    REQUIRE(matches_name_pattern(text, name_rule::lookup) == std::regex_match(text, lookup));
    accepted += matches_name_pattern(text, name_rule::lookup) ? 1U : 0U;
  }
  CHECK(accepted > 1000);
}

TEST_CASE("a long text is read in linear time", "[name]") {
  const std::string colons(4'000'000, ':');
  CHECK_FALSE(matches_name_pattern(colons, name_rule::lookup));
  CHECK_FALSE(matches_name_pattern(std::string(4'000'000, 'a') + "!", name_rule::lookup));
}

TEST_CASE("a bare function name is what parsing accepts and gives back unchanged", "[name]") {
  std::vector<std::string> texts{"",
                                 "a",
                                 "A-z_0",
                                 "a b",
                                 "a:b",
                                 "a.b",
                                 "$LATEST",
                                 "ü",
                                 std::string(64, 'x'),
                                 std::string(65, 'x')};
  for (int c = 0; c < 256; ++c) texts.push_back(std::string{"ab"} + static_cast<char>(c));
  for (const std::string& text : texts) {
    INFO(text);
    const auto parsed = fsm::parse_function_ref(text, name_rule::create);
    const bool bare = parsed && parsed->name == text;
    CHECK(fsm::is_function_name(text) == bare);
  }
}

TEST_CASE("a name that has a lifecycle is a function's or one of its versions'", "[name]") {
  const auto whole = fsm::split_versioned_name("resize");
  REQUIRE(whole.has_value());
  CHECK(whole->function == "resize");
  CHECK(whole->version == 0);
  for (const std::uint32_t version : {1U, 10U, 4'294'967'295U}) {
    const auto name = fsm::versioned_name("resize", version);
    CHECK(name.size() <= fsm::versioned_name_length_max);
    const auto parts = fsm::split_versioned_name(name);
    REQUIRE(parts.has_value());
    CHECK(parts->function == "resize");
    CHECK(parts->version == version);
  }
  for (const auto* text : {"", ":", ":1", "a:", "a:0", "a:01", "a:-1", "a:+1", "a: 1", "a:1:2",
                           "a:x", "a:$LATEST", "a:4294967296", "a b", "a.b:1"}) {
    INFO(text);
    CHECK_FALSE(fsm::split_versioned_name(text).has_value());
  }
}

TEST_CASE("the ARN of a role is recognised", "[name]") {
  for (const auto* text :
       {"arn:aws:iam::123456789012:role/service-role/a", "arn:aws:iam::123456789012:role/a",
        "arn:aws-cn:iam::123456789012:roleA", "arn::iam::123456789012:role/a+=,.@-_"}) {
    CHECK(fsm::valid_role_arn(text));
  }
  for (const auto* text :
       {"", "role", "arn:aws:iam::123456789012:role", "arn:aws:iam::12345678901:role/a",
        "arn:aws:iam:eu-central-1:123456789012:role/a", "arn:aws:sts::123456789012:role/a",
        "arn:aws:iam::123456789012:user/a", "arn:aws:iam::123456789012:role/a b",
        "arn:aws:iam::123456789012:role/a:b", "arn:x:iam::123456789012:role/a"}) {
    CHECK_FALSE(fsm::valid_role_arn(text));
  }
  const std::string head = "arn:aws:iam::123456789012:role/";
  CHECK(fsm::valid_role_arn(head + std::string(10'000 - head.size(), 'a')));
  CHECK_FALSE(fsm::valid_role_arn(head + std::string(10'001 - head.size(), 'a')));
}
