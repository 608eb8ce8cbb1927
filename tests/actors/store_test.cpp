#include "store_conformance.hpp"
#include "support/deterministic_runtime.hpp"

namespace conformance = fsm::testing::store_conformance;
using namespace fsm::testing;
using fsm::errc;

TEST_CASE("the memory store does what every store must do", "[store]") {
  conformance::check_all(
      [](std::size_t history_max) { return fsm::make_memory_store(history_max); });
}

TEST_CASE("the memory store keeps at least one transition", "[store]") {
  conformance::bench b{[](std::size_t) { return fsm::make_memory_store(0); }};
  b.create(1, "f");
  CHECK(b.history(1).size() == 1);
}

TEST_CASE("a removed function's history goes with it", "[store]") {
  conformance::bench b{[](std::size_t) { return fsm::make_memory_store(); }};
  b.create(1, "f");
  b.remove(1, "f");
  CHECK(b.history(1).empty());
}

TEST_CASE("the null store keeps nothing and says so", "[store]") {
  const auto store = fsm::make_null_store();
  CHECK_FALSE(store->keeps_documents());
  conformance::bench b{[&store](std::size_t) { return store; }};
  b.create(1, "f");
  CHECK(b.document(1, 1) == std::nullopt);
  CHECK(b.history(1).empty());
  CHECK(b.names("", "", 10).empty());
  CHECK(b.reasons(1).state.empty());
  CHECK(b.metadata(1).empty());
  CHECK(b.all_metadata(0, 10).empty());
  std::optional<fsm::event_page> page;
  store->read_events(7, 10, [&page](fsm::expected<fsm::event_page> given) { page = *given; });
  REQUIRE(page.has_value());
  CHECK(page->events.empty());
  CHECK(page->oldest == 8);  // Nothing in between is there.
  const conformance::recovered found{*store};
  CHECK(found.functions.empty());
}

TEST_CASE("the memory store forgets the oldest events first", "[store]") {
  conformance::bench b{[](std::size_t n) { return fsm::make_memory_store(n, 2); }};
  for (std::uint64_t uid = 1; uid <= 3; ++uid) b.create(uid, "f" + std::to_string(uid));
  std::optional<fsm::event_page> page;
  b.store().read_events(0, 10, [&page](fsm::expected<fsm::event_page> given) { page = *given; });
  REQUIRE(page.has_value());
  CHECK(page->oldest == 2);
  CHECK(page->events.size() == 2);
}

TEST_CASE_METHOD(deterministic_runtime, "a store that makes no checkpoints says so to both callers",
                 "[store]") {
  CHECK(code(rt().checkpoint()) == errc::invalid_argument);
  const caught<std::string> then;
  rt().checkpoint(then.callback());
  CHECK(code(then.last()) == errc::invalid_argument);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "with the null store functions live all the same, without documents", "[store]") {
  how.store = fsm::make_null_store();
  create_active("f");
  CHECK(view("f").document.empty());
  CHECK(update("f", "two") == errc::none);
  CHECK(view("f").version == 2);
  CHECK(rt().history("f")->empty());
  CHECK(rt().names("", "", 10)->empty());
  CHECK(provider->at(0).request.document.empty());
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a store that is opened a second time fences the first runtime off", "[store]") {
  create_active("f");
  expect_broken();
  static_cast<void>(store->open());
  const auto refused = rt().update({.name = "f", .document = "two"});
  CHECK(code(refused) == errc::outcome_unknown);
  CHECK(create("g") == errc::outcome_unknown);
  CHECK(seen->transitions().size() == 2);
}
