#include "scenarios/step.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

TEST_CASE("every step of a walk is legal, and it ends where it begins", "[bench][step]") {
  const auto walk = bench::legal_walk(1, 20'000);
  CHECK(walk.size() >= 19'999);
  CHECK(walk.size() <= 20'000);
  fsm::lifecycle_record record;
  std::set<std::size_t> visited;
  for (int round = 0; round < 2; ++round) {
    for (const auto what : walk) {
      const auto outcome = fsm::step(record, bench::on_the_walk(record, what));
      REQUIRE((outcome.answer == fsm::answer::accepted || outcome.changed(record)));
      record = outcome.next;
      visited.insert(fsm::index_of(record.pair));
    }
    CHECK(record.pair == fsm::pairs::absent);
  }
  CHECK(visited.size() == fsm::legal_pairs.size());
}

TEST_CASE("walks of one seed are the same", "[bench][step]") {
  CHECK(bench::legal_walk(3, 1'000) == bench::legal_walk(3, 1'000));
  CHECK(bench::legal_walk(3, 1'000) != bench::legal_walk(4, 1'000));
}
