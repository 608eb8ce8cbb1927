#pragma once

#include <string>
#include <string_view>

namespace fsm {

/// The text in quotes, as a value in a line of a log: with '\' before quotes and backslashes, and
/// control characters as escapes, so that it stays on one line and can be read back.
///
/// Lines of the library are a message and then such pairs ("logfmt"): `store failed reason="disk
/// full" tries=3`. What is not in quotes is a number or a word from a closed list.
[[nodiscard]] std::string quoted(std::string_view text);

/// The other way round: takes one quoted text from the front of `rest`. False, and `rest` is as it
/// was, if there is none.
[[nodiscard]] bool take_quoted(std::string_view& rest, std::string& into);

}  // namespace fsm
