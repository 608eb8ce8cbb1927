#include "function_name.hpp"

#include "names.hpp"

#include <catch2/catch_test_macros.hpp>

using bench::function_name;

TEST_CASE("names made one by one are those of a list", "[bench][function_name]") {
  for (const std::uint64_t count : {1, 10, 1'000, 10'000}) {
    const bench::name_list names{count};
    for (std::uint64_t i = 0; i < count; ++i)
      CHECK(std::string_view{function_name{i, count}} == names[i]);
  }
  CHECK(std::string_view{function_name{9'999'999, 10'000'000}} == "function-9999999");
  CHECK(std::string_view{function_name{7, 10'000'001}} == "function-00000007");
  CHECK(std::string_view{function_name{67'108'863, 67'108'864}} == "function-67108863");
}

TEST_CASE("a name tells which one it is", "[bench][function_name]") {
  for (const std::uint64_t index : {0U, 1U, 10U, 999U})
    CHECK(function_name::index_of(function_name{index, 1'000}) == index);
  CHECK(function_name::index_of("function-12345678") == 12'345'678);
}
