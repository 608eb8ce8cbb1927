#pragma once

#include <string_view>

namespace platform::wire {

/// The ARN of anything, as the service prints what it must look like.
inline constexpr std::string_view arn_pattern =
    R"(arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*))";

/// Whether the text looks like the ARN of anything.
[[nodiscard]] bool is_arn(std::string_view text);

/// The service of something that looks like an ARN: "lambda"; "" for any other text.
[[nodiscard]] std::string_view service_of(std::string_view arn) noexcept;

/// The account of something that looks like an ARN; "" when it has none.
[[nodiscard]] std::string_view account_of(std::string_view arn) noexcept;

/// Whether the text is the number of an account.
[[nodiscard]] bool is_account(std::string_view text) noexcept;

}  // namespace platform::wire
