#include "holds.hpp"
#include <fsm/name.hpp>

#include <string>
#include <string_view>

using fsm::name_rule;
using fsm::testing::holds;

namespace {

constexpr std::string_view name_letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
constexpr std::string_view pieces[] = {"arn",
                                       "aws",
                                       "aws-cn",
                                       "lambda",
                                       "eu-central-1",
                                       "us-gov-west-1",
                                       "123456789012",
                                       ":",
                                       ":",
                                       "::",
                                       "f",
                                       "function",
                                       "$LATEST",
                                       "$LATEST.PUBLISHED",
                                       "name",
                                       "7",
                                       "a.b",
                                       "-",
                                       "_",
                                       "\xC3\xA4",
                                       "$",
                                       "",
                                       " ",
                                       "eu-ce-1",
                                       "12345678"};

std::string text_of(std::size_t length_max, std::string_view letters) {
  const auto length = *rc::gen::inRange<std::size_t>(1, length_max + 1);
  std::string text;
  while (text.size() < length) text += letters[*rc::gen::inRange<std::size_t>(0, letters.size())];
  return text;
}

fsm::function_ref any_reference() {
  return {
      .partition = *rc::gen::element<std::string>("aws", "aws-cn", "aws-us-gov"),
      .region = *rc::gen::element<std::string>("eu-central-1", "us-gov-west-1", "cn-north-1"),
      .account = std::to_string(*rc::gen::inRange<std::uint64_t>(100'000'000'000, 999'999'999'999)),
      .name = text_of(fsm::function_name_length_max, name_letters),
      .qualifier = *rc::gen::element<std::string>("", "$LATEST", "7", "prod", "a-b_c")};
}

/// What a client may send: pieces of references in any order.
std::string any_text() {
  std::string text;
  for (auto left = *rc::gen::inRange(0, 16); left > 0; --left)
    text += *rc::gen::elementOf(std::vector<std::string>(std::begin(pieces), std::end(pieces)));
  return text;
}

}  // namespace

TEST_CASE("Any reference's ARN is read as that reference", "[properties]") {
  holds("an ARN is read back", [] {
    const auto reference = any_reference();
    const auto text = fsm::arn(reference);
    const auto read = fsm::parse_function_ref(text, name_rule::lookup);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == reference);
  });
}

TEST_CASE("A text that is read has one meaning, and matches its pattern", "[properties]") {
  holds("reading is stable", [] {
    const auto text = any_text();
    for (const auto rule : {name_rule::create, name_rule::lookup}) {
      const auto read = fsm::parse_function_ref(text, rule);
      if (!read) {
        RC_ASSERT(!read.error().message.empty());
        continue;
      }
      RC_ASSERT(fsm::matches_name_pattern(text, rule));
      RC_ASSERT(!read->name.empty());
      if (read->region.empty() || read->account.empty()) continue;
      const auto again = fsm::parse_function_ref(fsm::arn(*read), rule);
      if (!again) continue;  // Complete, it is longer than what was given.
      RC_ASSERT(again->name == read->name);
      RC_ASSERT(again->qualifier == read->qualifier);
    }
  });
}

TEST_CASE("What can be created can be looked up, under the same name", "[properties]") {
  holds("lookup reads what create reads", [] {
    const auto text = any_text();
    const auto created = fsm::parse_function_ref(text, name_rule::create);
    RC_PRE(created.has_value());
    const auto found = fsm::parse_function_ref(text, name_rule::lookup);
    RC_ASSERT(found.has_value());
    RC_ASSERT(*found == *created);
  });
}

TEST_CASE("The name of a version says which function's it is, and which one", "[properties]") {
  holds("a version's name is taken apart", [] {
    const auto function = text_of(fsm::function_name_length_max, name_letters);
    const auto version = *rc::gen::inRange<std::uint32_t>(0, 0xFFFF'FFFF);
    const auto name = version == 0 ? function : fsm::versioned_name(function, version);
    const auto parts = fsm::split_versioned_name(name);
    RC_ASSERT(parts.has_value());
    RC_ASSERT(parts->function == function);
    RC_ASSERT(parts->version == version);
    RC_ASSERT(name.size() <= fsm::versioned_name_length_max);
  });
}

TEST_CASE("A qualifier means the same in a name and beside it", "[properties]") {
  holds("a qualifier is resolved", [] {
    auto reference = any_reference();
    const auto qualifier = std::exchange(reference.qualifier, {});
    const auto beside = fsm::resolve(reference, qualifier);
    RC_ASSERT(beside.has_value());
    RC_ASSERT(beside->qualifier == qualifier);
    const auto both = fsm::resolve(*beside, qualifier);
    RC_ASSERT(both.has_value());
    RC_ASSERT(*both == *beside);
    if (!qualifier.empty()) RC_ASSERT(!fsm::resolve(*beside, qualifier + "x").has_value());
  });
}
