#pragma once

#include <string>

namespace bench {

/// Why Erlang cannot be measured here: "erl is not installed"; empty when it can.
[[nodiscard]] std::string missing_erlang();

/// A module of Erlang's side: the text of a file of peers/erlang/, kept in the program.
struct erlang_module {
  const char* file_name;
  const char* text;
};
inline constexpr std::size_t erlang_module_count = 2;
extern const erlang_module erlang_modules[erlang_module_count];

}  // namespace bench
