#include "names.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <set>
#include <string>

using bench::drawn_set;
using bench::name_list;
using bench::name_stream;

TEST_CASE("names are numbered and 16 characters long", "[bench][names]") {
  const name_list names{1'000};
  CHECK(names.size() == 1'000);
  CHECK(names[0] == "function-0000000");
  CHECK(names[999] == "function-0000999");
}

TEST_CASE("names grow when there are more than ten million", "[bench][names]") {
  const name_list names{10'000'001};
  CHECK(names[0] == "function-00000000");
  CHECK(names[10'000'000] == "function-10000000");
}

TEST_CASE("a stream draws existing names, the same ones for the same seed", "[bench][names]") {
  const name_list names{10};
  const name_stream first{names, 7};
  const name_stream again{names, 7};
  const name_stream other{names, 8};
  std::set<std::string_view> seen;
  bool differs = false;
  for (std::uint64_t turn = 0; turn < 1'000; ++turn) {
    seen.insert(first[turn]);
    REQUIRE(first[turn] == again[turn]);
    differs = differs || first[turn] != other[turn];
  }
  CHECK(differs);
  CHECK(seen.size() == 10);
  CHECK(*seen.begin() == names[0]);
  CHECK(*seen.rbegin() == names[9]);
}

TEST_CASE("a stream goes round, and threads begin at different places", "[bench][names]") {
  const name_list names{10};
  const name_stream drawn{names, 1};
  CHECK(drawn[drawn.size() + 3] == drawn[3]);
  CHECK(drawn.first_turn(0, 2) == 0);
  CHECK(drawn.first_turn(1, 2) == drawn.size() / 2);
}

TEST_CASE("hot functions are a few, spread evenly, and the same for every seed", "[bench][names]") {
  const name_list names{100};
  std::set<std::string, std::less<>> seen;
  for (const std::uint64_t seed : {1U, 2U}) {
    const name_stream drawn{names, seed, 4};
    for (std::uint64_t turn = 0; turn < 1'000; ++turn) seen.emplace(drawn[turn]);
  }
  CHECK(seen.size() == 4);
  for (const std::uint64_t index : {0U, 25U, 50U, 75U}) CHECK(seen.contains(names[index]));
  CHECK(drawn_set{100, 0}.size() == 100);
  CHECK(drawn_set{100, 0}[99] == 99);
  CHECK(drawn_set{7, 7}[6] == 6);
}
