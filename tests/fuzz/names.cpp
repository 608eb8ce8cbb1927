#include "fuzz.hpp"
#include <fsm/name.hpp>

// What is accepted matches its pattern, has one meaning, and is read back from its ARN; what can be
// created can be looked up; a refusal says why.

namespace fsm::fuzz {

namespace {

void check_reference(std::string_view text, name_rule rule) {
  const auto read = parse_function_ref(text, rule);
  if (!read) {
    check(read.error().code == errc::invalid_argument, "a bad name is an invalid argument");
    check(!read.error().message.empty(), "a refusal says why");
    return;
  }
  check(!read->name.empty(), "a reference has a name");
  check(matches_name_pattern(text, rule), "what is accepted matches the pattern");
  if (rule == name_rule::create) {
    const auto found = parse_function_ref(text, name_rule::lookup);
    check(found && *found == *read, "what can be created can be looked up");
  }
  if (read->region.empty() || read->account.empty()) return;
  const auto again = parse_function_ref(arn(*read), name_rule::lookup);
  // Written out it may be longer than a name may be.
  if (arn(*read).size() > lookup_text_length_max) return;
  check(again && again->name == read->name && again->qualifier == read->qualifier &&
            again->region == read->region && again->account == read->account,
        "an ARN is read back");
}

void check_qualifier(std::string_view text) {
  const auto read = parse_qualifier(text);
  if (read) check(*read == text, "a qualifier is what was given");
  if (read) check(matches_qualifier_pattern(text), "what is accepted matches the pattern");
  if (!read) check(!read.error().message.empty(), "a refusal says why");
  if (text.size() - 1 < qualifier_length_max)
    check(matches_qualifier_pattern(text) == read.has_value(), "pattern and parser agree");
}

void check_versioned_name(std::string_view text) {
  const auto parts = split_versioned_name(text);
  check(is_function_name(text) == (parts && parts->version == 0), "a bare name has no version");
  if (!parts) return;
  check(is_function_name(parts->function), "a version is one of a function");
  const auto whole = parts->version == 0 ? std::string{parts->function}
                                         : versioned_name(parts->function, parts->version);
  check(whole == text, "the parts of a name make the name");
}

}  // namespace

void names(std::string_view input) {
  check_reference(input, name_rule::create);
  check_reference(input, name_rule::lookup);
  check_qualifier(input);
  check_versioned_name(input);
  if (valid_role_arn(input)) check(input.starts_with("arn:"), "the ARN of a role is an ARN");
}

}  // namespace fsm::fuzz
