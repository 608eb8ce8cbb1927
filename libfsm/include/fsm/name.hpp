#pragma once

#include <fsm/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fsm {

/// What a text that names a function may look like.
enum class name_rule : std::uint8_t {
  create,  ///< A new name: letters, digits, '-', '_'. `FunctionName` of the Lambda API.
  lookup,  ///< An existing one: dots and `$LATEST.PUBLISHED` too. `NamespacedFunctionName`.
};

/// Longest name that can be created, in characters.
inline constexpr std::size_t function_name_length_max = 64;
/// Longest text (ARN and qualifier included) that names a function to create, in characters.
inline constexpr std::size_t create_text_length_max = 140;
/// Longest text (ARN and qualifier included) that looks a function up, in characters.
inline constexpr std::size_t lookup_text_length_max = 256;
/// Longest qualifier given by itself, in characters.
inline constexpr std::size_t qualifier_length_max = 128;
/// Longest ARN of a role, in characters.
inline constexpr std::size_t role_arn_length_max = 10'000;

/// The patterns as the service prints them in its error messages. They are for printing only: the
/// parser below is written by hand and stricter in one point, an ARN needs its region and account.
inline constexpr std::string_view create_name_pattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?)";
/// As `create_name_pattern`, for `name_rule::lookup`.
inline constexpr std::string_view lookup_name_pattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?)";
/// As `create_name_pattern`, for a qualifier given by itself.
inline constexpr std::string_view qualifier_pattern = R"(\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+)";
/// As `create_name_pattern`, for a role.
inline constexpr std::string_view role_arn_pattern =
    R"(arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+)";

/// What a text that names a function says. An empty part was not given.
struct function_ref {
  std::string partition;  ///< "aws", "aws-cn", …
  std::string region;     ///< "eu-central-1", …
  std::string account;    ///< Twelve digits.
  std::string name;       ///< The function's name; never empty in a parsed reference.
  std::string qualifier;  ///< A version, an alias, `$LATEST` or `$LATEST.PUBLISHED`.

  friend bool operator==(const function_ref&, const function_ref&) = default;
};

/// Reads the text by which a caller names a function. Accepted, each with `:qualifier` or without:
/// `name`, `function:name`, the same after `account:`, `region:` or `region:account:`, and the ARN
/// `arn:partition:lambda:region:account:function:name`, whose `function:` may be missing. As in the
/// service, a part that could be either belongs to the prefix: `function:x` names `x`.
///
/// Errors: `errc::invalid_argument`; the message names the part, the position (from 1, in
/// characters of that part) and the rule. The time is linear in the length of the text.
[[nodiscard]] expected<function_ref> parse_function_ref(std::string_view text, name_rule rule);

/// True for a bare function name: 1 to `function_name_length_max` letters, digits, '-' and '_'.
/// Takes a few nanoseconds.
[[nodiscard]] bool is_function_name(std::string_view text) noexcept;

/// Longest name that a runtime gives a lifecycle to: a function name, ':' and a version number.
inline constexpr std::size_t versioned_name_length_max = function_name_length_max + 1 + 10;

/// The name under which a published version has a lifecycle of its own: "resize:3". `version` is at
/// least 1.
[[nodiscard]] std::string versioned_name(std::string_view function, std::uint32_t version);

/// What a name that has a lifecycle means.
struct versioned_name_parts {
  std::string_view function;
  /// 0 = the function itself.
  std::uint32_t version = 0;
};

/// Takes apart a function name or a `versioned_name`; nothing if it is neither. Takes a few
/// nanoseconds.
[[nodiscard]] std::optional<versioned_name_parts> split_versioned_name(
    std::string_view text) noexcept;

/// Whether `parse_function_ref` would accept the text if no length were limited. The service
/// reports the two kinds of violation separately, or both at once.
[[nodiscard]] bool matches_name_pattern(std::string_view text, name_rule rule);

/// Checks a qualifier that was given by itself and returns it. Letters, digits, '-', '_' and '$',
/// or `$LATEST.PUBLISHED`; 1 to 128 characters. Whether it exists is not asked: `$latest` passes.
///
/// Errors: `errc::invalid_argument` with position and rule.
[[nodiscard]] expected<std::string> parse_qualifier(std::string_view text);

/// Whether `parse_qualifier` would accept the text if no length were limited.
[[nodiscard]] bool matches_qualifier_pattern(std::string_view text);

/// The reference with the qualifier that was given beside the name ("" if none was) put into it.
///
/// Errors: `errc::invalid_argument` if the name carries another one, in the service's words.
[[nodiscard]] expected<function_ref> resolve(function_ref ref, std::string_view explicit_qualifier);

/// The ARN of a function, with its qualifier unless that is empty. An empty partition means "aws".
/// The parts are not checked. Parsing the result gives the same parts again.
[[nodiscard]] std::string arn(std::string_view partition, std::string_view region,
                              std::string_view account, std::string_view name,
                              std::string_view qualifier = {});

/// The ARN of a reference whose region and account are given. An empty partition means "aws".
[[nodiscard]] std::string arn(const function_ref& ref);

/// Whether the text is the ARN of an execution role. Whether the role exists is not asked.
[[nodiscard]] bool valid_role_arn(std::string_view text);

}  // namespace fsm
