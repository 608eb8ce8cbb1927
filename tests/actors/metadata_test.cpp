#include "support/deterministic_runtime.hpp"

// What hangs on a function: metadata, and the calls that change it without changing the function.

using namespace fsm::testing;
using fsm::change_request;
using fsm::errc;
using fsm::event;

namespace {

[[nodiscard]] errc change(deterministic_runtime& t, change_request what) {
  const errc got = code(t.rt().change(std::move(what)));
  t.settle();
  return got;
}

}  // namespace

TEST_CASE("a function has the metadata it was last given", "[metadata]") {
  deterministic_runtime t;
  REQUIRE(t.create(fsm::create_request{.name = "f", .document = "one", .metadata = "created"}) ==
          errc::none);
  CHECK(t.view("f").metadata == "created");
  CHECK(change(t, {.name = "f", .metadata = "configured"}) == errc::none);
  CHECK(t.view("f").metadata == "configured");
  CHECK(change(t, {.name = "f", .event = event::tag, .metadata = ""}) == errc::none);
  CHECK(t.view("f").metadata.empty());
  CHECK(t.view("f").document == "one");
}

TEST_CASE("tags, permissions and publishing renew the revision, configuring does not",
          "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  for (const event what : {event::tag, event::permit, event::publish, event::configure}) {
    INFO(fsm::to_string(what));
    const auto before = t.view("f").revision;
    CHECK(change(t, {.name = "f", .event = what, .metadata = "new"}) == errc::none);
    CHECK(t.view("f").revision == before + (what == event::configure ? 0 : 1));
  }
}

TEST_CASE("a change of metadata is a transition with a sequence of its own", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  const auto changed = t.rt().change({.name = "f", .metadata = "aliases"});
  t.settle();
  REQUIRE(changed.has_value());
  CHECK(changed->sequence == t.seen->transitions_of("f").back().sequence);
  CHECK(t.events_of("f").back() == event::configure);
  CHECK(t.pair_of("f") == fsm::pairs::ready);
}

TEST_CASE("a call that only asks changes nothing", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  const auto events = t.events_of("f").size();
  CHECK(change(t, {.name = "f", .event = event::republish}) == errc::none);
  CHECK(change(t, {.name = "f", .event = event::alias_target}) == errc::none);
  CHECK(change(t, {.name = "f", .event = event::configure}) == errc::none);
  CHECK(t.events_of("f").size() == events);
}

TEST_CASE("a refused change keeps the metadata there was", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  REQUIRE(change(t, {.name = "f", .metadata = "before"}) == errc::none);
  const auto revision = t.view("f").revision;
  CHECK(change(t, {.name = "f", .metadata = "x", .expected_revision = revision + 1}) ==
        errc::revision_mismatch);
  t.provider->provisions(replies::later);
  REQUIRE(code(t.rt().update({.name = "f", .document = "two"})) == errc::none);
  CHECK(change(t, {.name = "f", .event = event::tag, .metadata = "x"}) == errc::update_in_progress);
  CHECK(change(t, {.name = "f", .event = event::publish, .metadata = "x"}) ==
        errc::update_in_progress);
  CHECK(t.view("f").metadata == "before");
  CHECK(change(t, {.name = "f", .metadata = "during"}) == errc::none);
  CHECK(t.view("f").metadata == "during");
}

TEST_CASE("an update may bring metadata, which stays also when the update fails", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  t.provider->next_provisions({replies::fails(fsm::reason_code::invalid_image)});
  REQUIRE(code(t.rt().update({.name = "f", .document = "two", .metadata = "published 1"})) ==
          errc::none);
  t.settle();
  CHECK(t.pair_of("f") == fsm::pairs::update_failed);
  CHECK(t.view("f").document == "one");
  CHECK(t.view("f").metadata == "published 1");
}

TEST_CASE("metadata goes with its function", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  REQUIRE(change(t, {.name = "f", .metadata = "old"}) == errc::none);
  REQUIRE(t.remove("f") == errc::none);
  t.create_active("f");
  CHECK(t.view("f").metadata.empty());
  CHECK(change(t, {.name = "none", .metadata = "x"}) == errc::not_found);
}

TEST_CASE("all metadata can be read in order of uid", "[metadata]") {
  deterministic_runtime t;
  for (const std::string name : {"a", "b", "c"}) t.create_active(name);
  REQUIRE(change(t, {.name = "c", .metadata = "of c"}) == errc::none);
  REQUIRE(change(t, {.name = "a", .metadata = "of a"}) == errc::none);
  const auto all = t.rt().metadata(0, 10);
  REQUIRE(all.has_value());
  CHECK(*all ==
        std::vector<fsm::stored_metadata>{{t.view("a").uid, "of a"}, {t.view("c").uid, "of c"}});
  CHECK(code(t.rt().metadata(0, 0)) == errc::invalid_argument);
}

TEST_CASE("change takes only what is a change, and metadata only where it belongs", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  for (const event what : {event::create, event::update, event::remove, event::invoke,
                           event::idle_due, event::update_succeeded}) {
    CHECK(change(t, {.name = "f", .event = what}) == errc::invalid_argument);
  }
  CHECK(change(t, {.name = "f", .event = event::republish, .metadata = "x"}) ==
        errc::invalid_argument);
}

TEST_CASE("a published version has a lifecycle of its own", "[metadata]") {
  deterministic_runtime t;
  t.create_active("f");
  t.create_active("f:1");
  CHECK(t.view("f").uid != t.view("f:1").uid);
  t.advance(t.how.idle_after / 2);
  REQUIRE(t.invoke("f:1") == errc::none);
  t.advance(t.how.idle_after / 2 + 1h);
  CHECK(t.state_of("f") == fsm::state::inactive);
  CHECK(t.state_of("f:1") == fsm::state::active);
  for (const std::string name : {"f:", "f:0", "f:01", "f:x", "f:1:2", ":1", "f:4294967296"})
    CHECK(t.create(name) == errc::invalid_argument);
}

TEST_CASE("an invocation for a queue is accepted while a function is Inactive, and restores it",
          "[metadata]") {
  deterministic_runtime t;
  t.create_inactive("f");
  t.provider->provisions(replies::later);
  CHECK(code(t.rt().admit_async("f")) == errc::none);
  CHECK(t.state_of("f") == fsm::state::pending);
  CHECK(code(t.rt().admit_async("f")) == errc::none);
  CHECK(code(t.rt().admit("f")) == errc::function_initializing);
  REQUIRE(code(t.rt().create({.name = "g", .document = "one"})) == errc::none);
  CHECK(code(t.rt().admit_async("g")) == errc::function_pending);
  CHECK(code(t.rt().admit_async("none")) == errc::not_found);
}
