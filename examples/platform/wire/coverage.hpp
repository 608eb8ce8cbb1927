#pragma once

#include "http/message.hpp"
#include "wire/members.hpp"
#include "wire/target.hpp"

#include <cstdint>
#include <span>
#include <string_view>

/// \file
/// What of the Lambda API is here and what is not. docs/lambda-compatibility.md is made of these
/// tables, and so are the errors for what is not here.

namespace platform::wire {

/// An operation of the Lambda API. It is here if there is a route of its name.
struct api_operation {
  std::string_view name;
  http::proto::verb method;
  /// The path; '*' is any one part.
  std::string_view pattern;
  /// "name=value", which the query must have; "" = anything.
  std::string_view parameter;
  std::string_view remark;
};

/// How far a member of a request or an answer is here.
enum class coverage : std::uint8_t {
  full,     ///< It does what the Lambda API says.
  kept,     ///< It is stored and returned, and has no effect.
  refused,  ///< A request that has it is refused with an error that names it.
  absent,   ///< A request's is ignored; an answer never has it.
};

/// Some members of a structure of the Lambda API.
struct api_members {
  std::string_view structure;
  /// Separated by blanks.
  std::string_view names;
  coverage how;
  std::string_view remark;
};

/// Every operation of the Lambda API, here or not, by name.
[[nodiscard]] std::span<const api_operation> api_operations() noexcept;

/// The members of the structures that the operations here read and write.
[[nodiscard]] std::span<const api_members> api_structures() noexcept;

/// Whether there is a route of the operation's name.
[[nodiscard]] bool is_here(const api_operation& which) noexcept;

/// The operation a request asks for, here or not; null = it is none of the Lambda API.
[[nodiscard]] const api_operation* find_operation(http::proto::verb method, const target& where);

/// Reports the first member which `structure` has and which is not here. One that is empty or false
/// asks for nothing.
void refuse_members(const members& given, std::string_view structure);

/// The texts between the blanks of `text`, one by one.
template <class Use>
void for_each_word(std::string_view text, Use use) {
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    use(word);
    text.remove_prefix(word.size() < text.size() ? word.size() + 1 : word.size());
  }
}

}  // namespace platform::wire
