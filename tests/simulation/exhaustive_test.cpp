#include "simulation/exhaustive.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using fsm::effect;
using fsm::event;
using fsm::happening;
using fsm::lifecycle_record;
using fsm::outcome;
using fsm::testing::check_exhaustively;
using fsm::testing::exhaustive_options;
using fsm::testing::exhaustive_result;

namespace {

outcome rules(const lifecycle_record& r, const happening& what) { return fsm::step(r, what); }

std::string told(const exhaustive_result& result) {
  std::string all = result.violation + " after";
  for (const std::string& each : result.path) all += " - " + each;
  return all;
}

}  // namespace

TEST_CASE("Nothing that can happen to one function breaks its promises", "[simulation]") {
  const exhaustive_result result = check_exhaustively(
      {.depth = 18, .attempts_max = 4, .crashes_max = 2, .journal_max = 3}, rules);
  INFO(told(result));
  CHECK(result.violation.empty());
  WARN(result.states << " states, " << result.changes << " changes, depth " << result.depth);
  CHECK(result.depth == 18);
  CHECK(result.states > 50'000);
}

TEST_CASE("A table that forgets to release what was replaced is found out", "[simulation]") {
  const exhaustive_result result =
      check_exhaustively({.depth = 10}, [](const lifecycle_record& r, const happening& what) {
        outcome o = rules(r, what);
        if (r.pair == fsm::pairs::updating && what.event == event::update_succeeded) o.release = 0;
        return o;
      });
  CHECK(result.violation == "at rest, the provider holds something else than the record");
  INFO(told(result));
  CHECK(result.path.size() < 10);
}

TEST_CASE("A table that makes a function idle in the middle of an update is found out",
          "[simulation]") {
  const exhaustive_result result =
      check_exhaustively({.depth = 10}, [](const lifecycle_record& r, const happening& what) {
        outcome o = rules(r, what);
        if (r.pair == fsm::pairs::updating && what.event == event::idle_due) {
          o.next.pair = fsm::pairs::idle;
          o.release = o.next.held;
          o.next.held = 0;
          ++o.next.revision;
        }
        return o;
      });
  INFO(told(result));
  CHECK_FALSE(result.violation.empty());
}

TEST_CASE("A table that keeps what a failed update made is found out", "[simulation]") {
  const exhaustive_result result =
      check_exhaustively({.depth = 10}, [](const lifecycle_record& r, const happening& what) {
        outcome o = rules(r, what);
        if (what.event == event::update_failed && o.changed(r)) o.next.held = r.attempt;
        return o;
      });
  INFO(told(result));
  CHECK_FALSE(result.violation.empty());
}
